"""Planning: who is told what, when, and after whose approval.

In: changes of incidents, the playbook, the texts, the inventory. Out: a `Plan` of messages, approvals, promises and
page entries, and the state that remembers it.
Invariants: pure; nobody gets two first notices of one incident; only those planned to be told are planned to be told
of the end; a promise is kept or replaced, never forgotten; nothing internal is ever read outside.
"""

from netwatch.communication.planning.planner import Planner
from netwatch.communication.planning.playbook import Playbook
from netwatch.communication.planning.playbook_file import default_playbook, load_playbook
from netwatch.communication.planning.state import CommunicationState

__all__ = ["CommunicationState", "Planner", "Playbook", "default_playbook", "load_playbook"]
