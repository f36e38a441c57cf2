"""What every way out promises."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from netwatch.communication.delivery.outcome import Result
from netwatch.communication.model import Message


class Channel(Protocol):
    """One route of one channel: one relay, one service. Routes of a channel are tried in the configuration's order."""

    @property
    def name(self) -> str:
        """The route's name, unique, as in `email/relay-1`: in logs, metrics and the outbox."""
        ...

    @property
    def kind(self) -> str:
        """The channel that messages name, as in `email`."""
        ...

    @property
    def idempotent(self) -> bool:
        """The peer takes the same message id twice as one."""
        ...

    @property
    def limit(self) -> int:
        """Messages that it carries at once at most."""
        ...

    @property
    def depends_on(self) -> str:
        """Ref of the element without which it can't work, as in `site:hgl-1`; "" = none is known."""
        ...

    async def send(self, message: Message) -> Result:
        """Try once, within the route's own time-outs. Never raises for what a peer does."""
        ...

    async def close(self) -> None:
        """Give connections back; the route may be used again afterwards."""
        ...


@runtime_checkable
class LooksUp(Channel, Protocol):
    """A route whose peer can be asked, by our id, what became of a message."""

    async def lookup(self, message: Message) -> Result | None:
        """What the peer says became of an earlier `send`; None = it knows of no such message, or can't tell.

        An outcome of the channel (CHANNEL_TEMPORARY, THROTTLED, CONFIGURATION) or UNKNOWN: it can't be asked now.
        Never raises for what a peer does.
        """
        ...
