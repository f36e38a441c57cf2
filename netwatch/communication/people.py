"""The people of the operator: who is reached where, and which duty is theirs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from annotated_types import MinLen


class Duty(StrEnum):
    """What a person does when something fails."""

    ONCALL = "oncall"
    LEAD = "lead"
    STAFF = "staff"
    REMOTE = "remote"
    FIELD = "field"
    HELPDESK = "helpdesk"
    COMMUNICATION = "communication"
    PRESS = "press"


@dataclass(frozen=True, slots=True)
class Person:
    """One person who is told of outages for their work."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "use_attribute_docstrings": True}

    id: Annotated[str, MinLen(1)]
    """Short name by which approvals, vetoes and the journal know this person."""
    name: str = ""
    """Full name, for colleagues."""
    email: str = ""
    """Mail address; empty = not reached by mail."""
    mobile: str = ""
    """Mobile number with country code; empty = not reached by SMS."""
    language: str = ""
    """nl, pl or en; empty = the default language."""
    duties: tuple[Duty, ...] = (Duty.STAFF,)
    """oncall and lead get alerts; helpdesk gets the helpdesk's facts; all others get the staff's mail."""
