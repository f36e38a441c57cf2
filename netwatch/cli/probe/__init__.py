"""One look at one device, now: ping, SNMP, traceroute and the daemon's own view, all at once.

In: a target and, where there are, configuration, inventory and daemon. Out: a `ProbeReport`. Each part fails by itself
and says why; the whole takes no longer than `LONGEST_S`.
"""
