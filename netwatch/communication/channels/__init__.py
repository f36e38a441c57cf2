"""The ways out: siblings behind one protocol that know nothing of one another.

In: one message. Out: one named outcome; whatever a peer does, `send` returns it and never raises for it.
Invariants: no address, subject or body is ever logged; nothing is sent to where the configuration doesn't say.
"""
