"""Pings of many targets over one socket a family.

In: targets by key and address. Out: `Result`s, one a ping, in the order in which they were decided.
Invariants: a reply counts only when its source, cookie and sequence are those of a ping that is still open;
a ping is lost only after the socket was read up to its deadline; what could not be sent is never a loss.
"""
