"""What devices are asked besides up and down: traffic, power, routing neighbours, light levels.

In: a device's answers. Out: observations. One object a device and purpose; each has
`read(index_of, epoch, now) -> Dialogue[Sequence[Observation]]`: `index_of` is the ifIndex of each known port,
`epoch` another number after each restart or renumbering, `now` when the reading is begun.
Invariants: a reading never raises, whatever the agent says; only what is certain is told, and what was refused is
counted by its reason; nothing is compared across an epoch; what a device does not have is not asked again before
`resolve_interval_s` or the next epoch; every dialogue asks a bounded number of questions.
"""
