"""What it means.

In: observations, the topology, which roots are part of open incidents, `now`. Out: a `Diagnosis`.
Invariants: pure and deterministic (time is passed in, no decision depends on hash order);
absence of news is never taken for health; a customer with a live path is never out.
"""
