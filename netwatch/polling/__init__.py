"""What we see.

In: an `Inventory` and `PollingSettings`. Out: a stream of `Observation`s, in the order in which they were made.
Invariants: a local error (no route, no buffer, interface down) is the monitor's state, never a device's;
every answer is matched to its question; nothing here decides what an observation means.
"""
