"""Apprise: on-call services that have nothing better than a notification, by a library that knows many of them."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from netwatch.communication.channels.http import secret, unreadable, unsent
from netwatch.communication.channels.settings import AppriseRoute
from netwatch.communication.delivery.outcome import Outcome, Result
from netwatch.communication.model import Message
from netwatch.errors import Fault, InputError, Place
from netwatch.late import late

if TYPE_CHECKING:
    import apprise
else:
    apprise = late("apprise")

KIND: Final = "apprise"
#: Threads of one service. One that hangs keeps its thread; the next message takes the other.
_AT_ONCE: Final = 2


def require_library() -> None:
    """Raises InputError when the library isn't installed, with what installs it."""
    if find_spec("apprise") is None:
        place = Place("netwatch.yaml", key="channels.apprise.routes")
        what = "these routes need the library apprise, which isn't installed"
        raise InputError([Fault(place, what, "pip install 'netwatch[apprise]'")])


class AppriseChannel:
    """One service. The library blocks, so it works in threads of its own and is cut off by time."""

    kind = KIND
    idempotent = False
    limit = _AT_ONCE

    def __init__(self, route: AppriseRoute, base: Path = Path()) -> None:
        """Raises InputError when the library isn't installed."""
        require_library()
        # The address holds secrets: the file's name stands for it.
        self.name = f"{KIND}/{Path(route.url_file).name}"
        self.depends_on = route.depends_on
        self._route = route
        self._base = base
        self._threads: ThreadPoolExecutor | None = None

    async def send(self, message: Message) -> Result:
        """Try once. The library says only that it failed, not why: the next route is tried."""
        try:
            url = await secret(self._base / self._route.url_file)
        except (OSError, UnicodeDecodeError) as error:
            return unreadable(error, "the address")
        if self._threads is None:
            self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix=KIND)
        work = asyncio.get_running_loop().run_in_executor(self._threads, _notify, url, message.subject, message.body)
        try:
            async with asyncio.timeout(self._route.timeout_s):
                sent = await work
        except TimeoutError:
            return Result(Outcome.UNKNOWN, "time-out")
        except (OSError, ImportError) as error:  # of loading the library: what a service does is its own to tell
            return unsent(error)
        if sent is None:
            return Result(Outcome.CONFIGURATION, "no address that apprise knows")
        return Result(Outcome.ACCEPTED if sent else Outcome.CHANNEL_TEMPORARY, "apprise")

    async def close(self) -> None:
        """Give the threads up; one that hangs ends when its service does."""
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)
            self._threads = None


def _notify(url: str, title: str, body: str) -> bool | None:
    """None: apprise knows no such address."""
    service = apprise.Apprise()
    if not service.add(url):
        return None
    text = apprise.NotifyFormat.TEXT
    return bool(service.notify(body=body, title=title, body_format=text, interpret_escapes=False))
