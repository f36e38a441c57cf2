"""SNMP over one UDP socket a family: our own codec and client, and the ports of the inventory read with them.

In: agents, requests. Out: an `Answer` to each request, exactly one.
Invariants: one request in flight a device; an answer counts only when its source, request-id, version and
community are those of the question; malformed bytes are counted and never raise out of the receiver.
"""
