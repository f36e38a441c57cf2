"""All ways out of the configuration, in its order."""

from __future__ import annotations

from pathlib import Path

from netwatch.clock import Clock
from netwatch.communication.channels.email import EmailChannel
from netwatch.communication.channels.protocol import Channel
from netwatch.communication.channels.settings import ChannelSettings
from netwatch.communication.channels.webhook import WebhookChannel


def build(settings: ChannelSettings, clock: Clock, base: Path = Path()) -> tuple[Channel, ...]:
    """The routes of every channel that has one. `base`: directory of the configuration, for relative files.

    Raises:
        InputError: an address of the configuration is none.
    """
    mail = tuple(EmailChannel(settings.email, route, clock, base) for route in settings.email.routes)
    hooks = tuple(WebhookChannel(route, base) for route in settings.webhook.routes)
    channels: tuple[EmailChannel | WebhookChannel, ...] = (*mail, *hooks)
    for place, channel in enumerate(channels):
        same = sum(other.name.partition("#")[0] == channel.name for other in channels[:place])
        if same:
            channel.name = f"{channel.name}#{same + 1}"
    return channels
