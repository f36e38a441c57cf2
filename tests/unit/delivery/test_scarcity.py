"""A machine that has nothing more to open: nothing was sent, nobody else is to blame, and it goes later."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys

import certifi
import pytest

from netwatch.communication.channels.tending import Kept, tend
from netwatch.simulation.clock import SimulatedClock

NOBODY = "http://127.0.0.1:9"
SECRET = {"token_file": "secret"}
WAYS = {
    "mail": ("email", {"routes": [{"host": "127.0.0.1", "port": 9, "tls": "none"}]}),
    "mail with tls": (
        "email",
        {"routes": [{"host": "127.0.0.1", "port": 9, "tls": "starttls", "tls_ca": certifi.where()}]},
    ),
    "webhook": ("webhook", {"routes": [{"url": NOBODY}]}),
    "webhook with a token": ("webhook", {"routes": [{"url": NOBODY, **SECRET}]}),
    "alertmanager": ("alertmanager", {"routes": [{"url": NOBODY, **SECRET}]}),
    "pagerduty": ("pagerduty", {"routes": [{"url": NOBODY, "key_file": "secret"}]}),
    "apprise": ("apprise", {"routes": [{"url_file": "service"}]}),
    "mastodon": ("mastodon", {"routes": [{"url": NOBODY, **SECRET}]}),
    "facebook": ("facebook", {"routes": [{"url": NOBODY, "page_id": "p", **SECRET}]}),
    "sms gateway": ("sms", {"routes": [{"api": "own", **SECRET}], "apis": {"own": {"url": NOBODY}}}),
    "sms centre": ("sms", {"smpp": [{"host": "127.0.0.1", "port": 9, "password_file": "secret"}]}),
}
#: Sends three times: as the first thing of all with nothing to open, again so, and with all there is.
SENDS = """
import asyncio, json, os, resource, sys
from pathlib import Path
from pydantic import TypeAdapter
from netwatch.clock import SystemClock
from netwatch.communication.channels.build import build
from netwatch.communication.channels.settings import ChannelSettings
from netwatch.communication.model import Audience, Message, Phase

async def main(settings, kind, base):
    (channel,) = build(TypeAdapter(ChannelSettings).validate_python(settings), SystemClock(), base)
    to = {"email": "a@example.net", "sms": "+31612345678"}.get(kind, "")
    message = Message("0" * 32, "i", Phase.OPENED, 0, Audience.ONCALL, kind, "r", to, "en", "s", "b", 0, 0.0, 9e9)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.dup(2)
    os.close(lowest)
    said = []
    for limit in (lowest, lowest, soft):
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
        result = await channel.send(message)
        said.append([result.outcome.value, result.detail])
    await channel.close()
    print(json.dumps(said))

asyncio.run(main(json.loads(sys.argv[1]), sys.argv[2], Path(sys.argv[3])))
"""


@pytest.mark.parametrize("way", WAYS)
def test_what_can_not_leave_for_want_of_a_descriptor_was_not_sent_and_goes_later(way, tmp_path):
    kind, settings = WAYS[way]
    (tmp_path / "secret").write_text("s3cret\n")
    (tmp_path / "service").write_text("json://127.0.0.1:9/\n")
    command = [sys.executable, "-c", SENDS, json.dumps({kind: settings}), kind, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert [outcome for outcome, _ in said] == ["channel_temporary"] * 3, said
    assert "here" not in said[-1][1], "with all there is, nobody answered there"


class Route:
    """A route that is tended; with a `defect` it fails."""

    kind, idempotent, limit, depends_on = "sms", True, 1, ""

    def __init__(self, name):
        self.name = name
        self.tended = 0
        self.defect = None

    async def send(self, message):
        raise NotImplementedError(message)

    async def close(self):
        pass

    async def tend(self):
        self.tended += 1
        if self.defect is not None:
            raise self.defect


async def test_a_route_that_can_not_be_tended_is_told_once_and_leaves_the_others_their_turn(caplog):
    odd, well, clock = Route("sms/odd"), Route("sms/well"), SimulatedClock(1_000.0)
    odd.defect = OSError(24, "Too many open files: +31612345678")

    async def keep(_):
        return True

    tending = asyncio.create_task(tend((odd, well), clock, Kept(), keep))
    await clock.advance(60.0)
    assert not tending.done()
    assert odd.tended == well.tended > 10
    odd.defect = None
    await clock.advance(10.0)
    odd.defect = ValueError("odd")
    await clock.advance(60.0)
    told = [record for record in caplog.records if record.levelname == "ERROR"]
    assert [(record.route, record.defect.partition(" ")[0]) for record in told] == [
        ("sms/odd", "OSError"),
        ("sms/odd", "ValueError"),
    ]
    assert "+31612345678" not in caplog.text  # a defect's own words may hold an address
    tending.cancel()
    await asyncio.gather(tending, return_exceptions=True)
