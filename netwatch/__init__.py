"""netwatch: polls a provider's network, diagnoses outages and tells the right people within three minutes.

Data runs one way: inventory -> polling -> diagnosis -> incidents -> communication.
"""

__version__ = "0.1.0"
