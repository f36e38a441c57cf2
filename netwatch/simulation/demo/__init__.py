"""The demo: a small invented provider on this machine, whose trunk is cut while netwatch watches.

In: nothing but a machine with net-snmp's snmpd. Out: the story on the terminal, and 0 when every customer behind
the cut was told once and nobody else. Invariants: the daemon is the real one, with real agents and real mail; the
truth is the demo's own; all traffic stays on loopback; nothing is left behind, however it ends.
"""

from netwatch.simulation.demo.show import run

__all__ = ["run"]
