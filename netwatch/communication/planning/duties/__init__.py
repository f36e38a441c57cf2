"""Who has which duty when, what each duty does in an outage, and who is asked next when nobody answers.

    model.py                 what the playbook's file says: rotations, shifts, stand-ins, tasks
    shifts.py, calendar.py   the roster's CSV and iCalendar files
    roster.py                who is on duty at an instant, and where nobody is (pure)
    tasks.py, record.py      tasks handed out, acknowledged, escalated (pure); the same as JSON's types

In: the playbook's roster and tasks, people, the time. Out: people, and what they are to be told.
Invariants: an instant is compared as an instant, never as a wall time; where a duty has nobody, someone else is named
or the hole is told; a task that nobody acknowledges is never silently dropped.
"""
