"""How a message reaches people: outcomes, back-off, breakers, and the dispatcher that drives them.

In: rows that the outbox hands out, one claim each. Out: what became of each, told back to the outbox.
Invariants: a message is claimed before it is sent and never sent by two at a time; whatever a peer does ends as one
named outcome; an internal alert never ends failed while another route is left; nothing waits without a time-out.
"""
