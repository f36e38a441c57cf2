"""The demo put together and taken down again, whatever happens in between."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import socket
import sys
import tempfile
from contextlib import AsyncExitStack
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Final

from starlette.applications import Starlette

from netwatch.errors import NetwatchError, OperatingError
from netwatch.simulation.demo import files, screen
from netwatch.simulation.demo import ground as place
from netwatch.simulation.demo.agents import Agents
from netwatch.simulation.demo.daemon import Daemon
from netwatch.simulation.demo.forward import forward
from netwatch.simulation.demo.looks import Alerts, application
from netwatch.simulation.demo.mailbox import Mailbox
from netwatch.simulation.demo.provider import invent_provider
from netwatch.simulation.demo.screen import Screen
from netwatch.simulation.demo.story import Cast, Outcome, Story
from netwatch.web.server import serve

_AGENT_PORT: Final = 16161
_PAGE_PORT: Final = 8480
_MAILS_PORT: Final = 8481
_METRICS_PORT: Final = 9480
_INTERRUPTED: Final = 130  # as shells have it: 128 + SIGINT
_LOOPBACK: Final = "127.0.0.1"


def run(keep: bool = False, plain: bool = False, json_output: bool = False, fast: bool = False) -> int:
    """Runs the demo: two minutes, or until Ctrl-C with `keep`.

    Returns 0 when the account is as it must be, 1 when not or when it could not run, 130 after Ctrl-C.
    `plain` gives lines instead of a living terminal; `json_output` only a summary at the end. `fast` polls more often
    than by default and takes about half the time.
    """
    stage = screen.choose(plain=plain, json_output=json_output)
    try:
        outcome = asyncio.run(_perform(stage, keep=keep, json_output=json_output, fast=fast))
    except (KeyboardInterrupt, asyncio.CancelledError):
        stage.close()
        sys.stderr.write("interrupted; everything is taken down\n")
        return _INTERRUPTED
    except NetwatchError as error:
        stage.close()
        sys.stderr.write(f"netwatch demo: {error}\n")
        return 1
    return 0 if outcome.ok else 1


async def _perform(stage: Screen, *, keep: bool, json_output: bool, fast: bool) -> Outcome:
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    if place.find("snmpd") is None:
        raise OperatingError("the demo needs net-snmp's agent snmpd", "install it: apt-get install snmpd")
    async with AsyncExitStack() as undo:
        undo.callback(stage.close)
        directory = Path(tempfile.mkdtemp(prefix="netwatch-demo-"))
        if keep:
            undo.callback(stage.say, f"the files stay in {directory}")
        else:
            undo.callback(partial(shutil.rmtree, directory, ignore_errors=True))
        show = _Show(stage, directory, undo, fast=fast)
        await show.build()
        await show.story.warm_up()
        await show.story.tell()
        outcome = show.story.outcome
        if json_output:
            sys.stdout.write(json.dumps(_summary(outcome, show.places), indent=2) + "\n")
        stage.verdict(outcome.findings, _remark(outcome))
        if keep:
            stage.say(
                f"{show.invitation}\nIt stays up until Ctrl-C; ask it: netwatch status -c {directory}/netwatch.yaml"
            )
            await asyncio.Event().wait()
        return outcome


class _Show:
    """Builds in order; what is built registers its own end with `undo`."""

    def __init__(self, stage: Screen, directory: Path, undo: AsyncExitStack, *, fast: bool) -> None:
        self._pace = files.FAST if fast else files.USUAL
        self._stage = stage
        self._undo = undo
        self._directory = directory
        self._provider = invent_provider()
        self._ground = place.choose()
        undo.callback(self._ground.close)

    async def build(self) -> None:
        """Agents, mail server, site and daemon run when it returns."""
        self._introduce()
        page = self._outside("the outage page", _PAGE_PORT)
        mails = self._outside("the mails and alerts", _MAILS_PORT)
        metrics = self._outside("the metrics", _METRICS_PORT)
        incoming, hook = self._ground.do(partial(_listen, 0)), self._ground.do(partial(_listen, 0))
        self.places = {
            "page": f"http://{_LOOPBACK}:{_port(page)}/",
            "mails": f"http://{_LOOPBACK}:{_port(mails)}/",
            "metrics": f"http://{_LOOPBACK}:{_port(metrics)}/metrics",
            "files": str(self._directory),
        }
        layout = files.Layout(
            directory=self._directory,
            agent_port=self._agent_port(),
            mail_port=_port(incoming),
            hook_port=_port(hook),
            page_port=await self._open_door(page),
            metrics_port=await self._open_door(metrics),
            page_url=self.places["page"],
            icmp=self._ground.icmp,
            pace=self._pace,
        )
        files.write(layout, self._provider)
        mailbox = Mailbox(layout.mails)
        await mailbox.open(incoming)
        self._undo.callback(mailbox.close)
        alerts = Alerts()
        await self._serve(hook, alerts.application())
        await self._serve(mails, application(mailbox, alerts))
        self._start(layout, mailbox)

    def _start(self, layout: files.Layout, mailbox: Mailbox) -> None:
        agents = Agents(self._ground, self._provider.devices, layout.agent_port, layout.directory / "agents")
        self._undo.callback(agents.stop)
        agents.start()
        text = f"{len(self._provider.devices)} routers answer SNMP{' and ping' if layout.icmp else ''}"
        self._stage.done("network", f"{text}; {len(self._provider.customers)} customers hang on them")
        daemon = Daemon(self._ground, layout.configuration, layout.socket)
        self._undo.push_async_callback(daemon.stop)
        daemon.start()
        self.invitation = "\n".join(["where to look:", *(f"  {name:8} {where}" for name, where in self.places.items())])
        self._stage.say(self.invitation)
        self.story = Story(Cast(self._provider, agents, daemon, mailbox, layout.page), self._stage)

    def _introduce(self) -> None:
        ground = "a network namespace of its own" if self._ground.own else "this machine's loopback"
        self._stage.say(f"A small invented provider stands on {ground}; the real netwatch watches it.")
        if not self._ground.icmp:
            self._stage.say("Without root there is no ping: netwatch sees by SNMP alone.")
        self._stage.say(self._pace.remark)

    def _outside(self, what: str, preferred: int) -> socket.socket:
        """A listening socket on this machine's loopback; on another port, and told so, when `preferred` is taken."""
        try:
            return _listen(preferred)
        except OSError:
            made = _listen(0)
            self._stage.say(f"port {preferred} for {what} is taken; {_port(made)} is free and used instead")
            return made

    def _agent_port(self) -> int:
        addresses = [device.address for device in self._provider.devices.values()]
        candidates: list[int] = [_AGENT_PORT, *range(_AGENT_PORT + 1000, _AGENT_PORT + 1100)]
        for port in candidates:
            if self._ground.do(partial(_is_free, addresses, port)):
                if port != _AGENT_PORT:
                    self._stage.say(f"port {_AGENT_PORT} for the agents is taken; {port} is free and used instead")
                return port
        raise OperatingError("no port is free for the demo's agents", f"free UDP port {_AGENT_PORT}")

    async def _serve(self, listener: socket.socket, site: Starlette) -> None:
        stop = asyncio.Event()
        serving = asyncio.create_task(serve(site, listener, stop))

        async def close() -> None:
            stop.set()
            await serving
            listener.close()

        self._undo.push_async_callback(close)

    async def _open_door(self, listener: socket.socket) -> int:
        """Hands on what comes to `listener` to a port where the daemon is, which is returned.

        So nobody can take the announced port between its choice and the daemon's start.
        """
        port = self._ground.do(_any_port)

        def connect() -> socket.socket:
            return self._ground.do(partial(socket.create_connection, (_LOOPBACK, port), 5.0))

        server = await forward(listener, connect)
        self._undo.callback(server.close)
        return port


def _any_port() -> int:
    with _listen(0) as tried:
        return _port(tried)


def _listen(port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((_LOOPBACK, port))
        made.listen()
    except OSError:
        made.close()
        raise
    return made


def _port(listener: socket.socket) -> int:
    return int(listener.getsockname()[1])


def _is_free(addresses: list[str], port: int) -> bool:
    for address in addresses:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as tried:
            try:
                tried.bind((address, port))
            except OSError:
                return False
    return True


def _summary(outcome: Outcome, places: dict[str, str]) -> dict[str, object]:
    return {
        "ok": outcome.ok,
        "incident": outcome.incident,
        "seconds": outcome.seconds,
        "findings": [asdict(finding) for finding in outcome.findings],
        "places": places,
    }


def _remark(outcome: Outcome) -> str:
    if outcome.ok:
        return "The right customers knew, and only they."
    return "That is not as it must be: please report it with the files (run with --keep)."
