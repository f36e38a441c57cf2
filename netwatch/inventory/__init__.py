"""What the network is and who hangs on it.

In: the operator's YAML and CSV files. Out: an `Inventory` (frozen) and its `Topology`.
Invariants: every reference in an `Inventory` resolves; what the operator wrote is kept to the letter
(addresses in their canonical form).
"""

from netwatch.inventory.loader import Loaded, load, read

__all__ = ["Loaded", "load", "read"]
