"""The wiring: what is asked, concluded, kept, told and shown, joined in one process.

    poller --observations--> thinker (pipeline in a thread of its own) --changes, plan--> store
    store --outbox--> dispatcher --> channels          thinker --page entries--> page
    doors (local API, metrics, health) read the thinker's book and the store; people's orders go to both
    reloader --the files, read again--> poller, then pipeline, people and doors, while everything runs on

Nothing is decided here. One TaskGroup holds everything: when a part dies, all end, and systemd starts netwatch again.
"""

from netwatch.daemon.main import run

__all__ = ["run"]
