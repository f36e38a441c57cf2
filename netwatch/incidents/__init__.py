"""What becomes of a diagnosis over time.

In: a `Diagnosis` a step, commands of people. Out: `Change`s of `Incident`s.
Invariants: `step` is pure (state in, state out, time passed in); an incident is told only when its explanation
is stable; closing needs evidence of health, never mere silence; the same fault back soon is the same incident.
"""
