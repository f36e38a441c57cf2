"""The rehearsal room: a virtual network, clock and poller that drive the production stages.

In: an inventory, faults in the drill's language, a seed. Out: observations, and what netwatch made of them.
Invariants: one seed gives one result, whatever PYTHONHASHSEED; no real time, no real traffic; nothing in the
production stages knows that it is rehearsed.
"""
