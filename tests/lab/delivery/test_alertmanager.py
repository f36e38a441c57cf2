"""The Alertmanager channel against Debian's own Alertmanager."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from netwatch.clock import SystemClock
from netwatch.communication.channels.alertmanager import AlertmanagerChannel
from netwatch.communication.channels.settings import AlertmanagerRoute, AlertmanagerSettings
from netwatch.communication.delivery.outcome import Outcome
from netwatch.communication.model import Audience, Message, Phase, message_id

pytestmark = pytest.mark.lab
BINARY = "prometheus-alertmanager"
CONFIG = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def running(port: int, folder: Path) -> AsyncIterator[None]:
    binary = shutil.which(BINARY)
    assert binary, f"{BINARY} is missing: sh .ci/packages test"
    folder.mkdir()
    (folder / "config.yml").write_text(CONFIG)
    process = await asyncio.create_subprocess_exec(
        binary, f"--config.file={folder}/config.yml", f"--storage.path={folder}/data",
        f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address=",
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with asyncio.timeout(20), httpx.AsyncClient(trust_env=False) as client:
            while True:
                try:
                    if (await client.get(f"http://127.0.0.1:{port}/-/ready")).status_code == 200:
                        break
                except httpx.ConnectError:
                    await asyncio.sleep(0.05)
        yield
    finally:
        process.kill()
        await process.wait()


async def alerts(port: int) -> list[dict[str, Any]]:
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"http://127.0.0.1:{port}/api/v2/alerts")
        return answer.raise_for_status().json()


async def test_an_incident_fires_is_told_once_survives_a_restart_and_ends(port, tmp_path):
    clock = SystemClock()

    def message(phase: Phase, update: int) -> Message:
        return Message(
            id=message_id("i-1", phase, update, "alertmanager", "oncall"), incident="i-1", phase=phase, update=update,
            audience=Audience.ONCALL, channel="alertmanager", recipient="oncall", address="", language="en",
            subject=f"Outage {update}", body="what and where", priority=0, planned_at=clock.now(),
            expires_at=clock.now() + 7200,
        )  # fmt: skip

    channel = AlertmanagerChannel(AlertmanagerSettings(), AlertmanagerRoute(f"http://127.0.0.1:{port}"), clock)
    async with running(port, tmp_path / "first"):
        opened = message(Phase.OPENED, 0)
        assert (await channel.send(opened)).outcome is Outcome.ACCEPTED
        assert (await channel.send(message(Phase.UPDATE, 1))).outcome is Outcome.ACCEPTED
        (alert,) = await alerts(port)
        assert alert["status"]["state"] == "active"
        assert alert["labels"]["incident"] == "i-1"
        assert alert["annotations"]["summary"] == "Outage 1"
        assert alert["startsAt"] == clock.utc(opened.planned_at).isoformat(timespec="milliseconds").replace(
            "+00:00", "Z"
        )
    async with running(port, tmp_path / "second"):
        assert await alerts(port) == []
        await channel.tend()
        (again,) = await alerts(port)
        assert again["fingerprint"] == alert["fingerprint"]
        assert (await channel.send(message(Phase.RESOLVED, 2))).outcome is Outcome.ACCEPTED
        assert await alerts(port) == []
    await channel.close()
