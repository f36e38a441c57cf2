"""An agent as the client knows it: where it is asked, and the dialogue that is under way."""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from netwatch.polling.batch import socket_address, source_of
from netwatch.polling.snmp.dialogue import Dialogue, Question
from netwatch.polling.snmp.session import Session


def family_of(address: str) -> int:
    """The address family by which it is asked."""
    return socket.AF_INET6 if ":" in address else socket.AF_INET


@dataclass(slots=True, eq=False)
class Agent:
    """Where one device is asked, and how. `pause_s` is left between an answer and the next question."""

    device: str
    address: str
    port: int
    session: Session
    timeout_s: float
    retries: int
    pause_s: float = 0.0
    family: int = field(init=False)
    name: bytes = field(init=False, repr=False)
    source: bytes = field(init=False, repr=False)
    free_at: float = field(default=0.0, init=False)
    talk: Talk | None = field(default=None, init=False, repr=False)
    waiting: deque[Talk] | None = field(default=None, init=False, repr=False)
    refused: str = field(default="", init=False, repr=False)  # why it refuses our user, "" = it does not
    complaint: str = field(default="", init=False, repr=False)  # what was last logged of its security

    def __post_init__(self) -> None:
        self.family = family_of(self.address)
        try:
            self.name = socket_address(self.address, self.port)
        except OSError:  # a scope whose interface is not there: sending then tells that there is no way
            self.name = socket_address(self.address.partition("%")[0], self.port)
        self.source = source_of(self.name)


@dataclass(slots=True, eq=False)
class Talk:
    """A dialogue under way, and the question that it waits for."""

    agent: Agent
    dialogue: Dialogue[Any]
    done: Callable[[Any], None]
    retries: int
    urgent: bool
    question: Question | None = None
    queued: bool = False
    tries_left: int = 0
    again: int = 0
    timeout_s: float = 0.0
    sent_at: float = 0.0
    tries: dict[int, float] = field(default_factory=dict)  # request-id -> when it was sent
