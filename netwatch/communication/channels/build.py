"""All ways out of the configuration, in its order."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from netwatch.clock import Clock
from netwatch.communication.channels.callback import address_of
from netwatch.communication.channels.protocol import Channel
from netwatch.communication.channels.receipts import Receipts
from netwatch.communication.channels.settings import ChannelSettings
from netwatch.communication.channels.sms_settings import SmsSettings
from netwatch.errors import Fault, InputError, Place
from netwatch.late import late
from netwatch.sources import one_of

if TYPE_CHECKING:
    from netwatch.communication.channels import (
        alertmanager,
        apprise,
        email,
        facebook,
        mastodon,
        pagerduty,
        smpp,
        sms,
        webhook,
    )
else:
    alertmanager = late("netwatch.communication.channels.alertmanager")
    apprise = late("netwatch.communication.channels.apprise")
    email = late("netwatch.communication.channels.email")
    facebook = late("netwatch.communication.channels.facebook")
    mastodon = late("netwatch.communication.channels.mastodon")
    pagerduty = late("netwatch.communication.channels.pagerduty")
    smpp = late("netwatch.communication.channels.smpp")
    sms = late("netwatch.communication.channels.sms")
    webhook = late("netwatch.communication.channels.webhook")


class _Named(Channel, Protocol):
    name: str


def build(
    settings: ChannelSettings, clock: Clock, base: Path = Path(), receipts: Receipts | None = None
) -> tuple[Channel, ...]:
    """The routes of every channel that has one. `base`: directory of the configuration, for relative files.

    `receipts` hears what gateways tell afterwards.

    Raises:
        InputError: an address of the configuration is none, a library isn't installed, or a gateway isn't described.
    """
    channels: tuple[_Named, ...] = (
        *(email.EmailChannel(settings.email, route, clock, base) for route in settings.email.routes),
        *_sms(settings.sms, clock, base, receipts or Receipts()),
        *(webhook.WebhookChannel(route, base) for route in settings.webhook.routes),
        *(
            alertmanager.AlertmanagerChannel(settings.alertmanager, route, clock, base)
            for route in settings.alertmanager.routes
        ),
        *(pagerduty.PagerDutyChannel(route, clock, base) for route in settings.pagerduty.routes),
        *(apprise.AppriseChannel(route, base) for route in settings.apprise.routes),
        *(mastodon.MastodonChannel(route, base) for route in settings.mastodon.routes),
        *(facebook.FacebookChannel(route, base) for route in settings.facebook.routes),
    )
    for place, channel in enumerate(channels):
        same = sum(other.name.partition("#")[0] == channel.name for other in channels[:place])
        if same:
            channel.name = f"{channel.name}#{same + 1}"
    return channels


def _sms(settings: SmsSettings, clock: Clock, base: Path, receipts: Receipts) -> tuple[_Named, ...]:
    callback = address_of(settings, base)
    gateways = []
    for route in settings.routes:
        api = settings.apis.get(route.api)
        if api is None:
            place = Place("netwatch.yaml", key="channels.sms.routes.api")
            raise InputError([Fault(place, f'no gateway is named "{route.api}"', one_of(settings.apis, route.api))])
        kind = sms.AskableSmsChannel if api.find_url else sms.SmsChannel
        gateways.append(kind(settings, route, api, clock, base=base, receipts=receipts, callback=callback))
    centres = (smpp.SmppChannel(settings, route, clock, base=base, receipts=receipts) for route in settings.smpp)
    return (*gateways, *centres)
