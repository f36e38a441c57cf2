"""The doors for people and machines.

In: a `Doors` (what the daemon offers). Out: a local JSON API on a socket file for the command line and the
helpdesk, and on TCP metrics, health and, when asked for, the outage page.
Invariants: nothing here decides anything about outages or messages; a slow reader never delays polling; customers'
data leaves only by the socket file, whose group may read it; metrics and logs hold ids and counts only.
"""
