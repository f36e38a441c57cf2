"""One HTTP peer: a request ends in an answer or in a named outcome, never in an exception.

Redirects aren't followed, proxies of the environment aren't used, and no more of an answer is read than is needed.
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from netwatch.communication.delivery.outcome import Outcome, Result
from netwatch.errors import Fault, InputError, Place
from netwatch.late import late

if TYPE_CHECKING:
    import httpx
else:
    httpx = late("httpx")

#: Too many open files, no memory.
_SCARCE: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
#: More of an answer is never read; what a gateway says of one message has hundreds of bytes.
_BODY_BYTES: Final = 65_536


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `body` is empty unless it was asked for; `cut`: there was more of it than is read."""

    status: int
    retry_after: str = ""
    body: bytes = b""
    cut: bool = False


class HttpPeer:
    """Keeps connections to one service and bounds each request to `timeout_s` over all its steps."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._client: httpx.AsyncClient | None = None

    async def ask(
        self, method: str, url: str, *, headers: Mapping[str, str], read: bool = False, **content: Any
    ) -> Answer | Result:
        """Ask once. `content` is httpx' json, data, params or content; `read`: the answer's body is wanted.

        A `Result` instead of an answer: nobody could be reached, or this machine lacks what it takes (channel), the
        address is none (configuration), or the request may have arrived and the answer didn't (unknown).
        """
        if not all(value.isascii() and value.isprintable() for value in headers.values()):
            return Result(Outcome.CONFIGURATION, "a header can't be sent")  # of a secret's file, most likely
        client = self._opened()
        if isinstance(client, Result):
            return client
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                client.stream(method, url, headers=dict(headers), **content) as answer,
            ):
                body, cut = await _body(answer) if read else (b"", False)
                return Answer(answer.status_code, answer.headers.get("retry-after", ""), body, cut)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            return Result(Outcome.CHANNEL_TEMPORARY, type(error).__name__)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            return Result(Outcome.CONFIGURATION, type(error).__name__)
        except (httpx.HTTPError, OSError, ImportError) as error:
            # Of ours is what it loads when it first connects.
            return unsent(error) if is_ours(error) else Result(Outcome.UNKNOWN, type(error).__name__)

    async def close(self) -> None:
        """Give the connections back; the next request opens new ones."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def _opened(self) -> httpx.AsyncClient | Result:
        if self._client is None:
            try:
                self._client = httpx.AsyncClient(timeout=self._timeout_s, follow_redirects=False, trust_env=False)
            except (OSError, ImportError) as error:  # it reads certificates, and at first the library
                return unsent(error)
        return self._client


async def _body(answer: httpx.Response) -> tuple[bytes, bool]:
    found = b""
    async for chunk in answer.aiter_bytes(8192):
        found += chunk
        if len(found) > _BODY_BYTES:
            return found[:_BODY_BYTES], True
    return found, False


def place_name(kind: str, url: str, key: str) -> str:
    """The route's name: kind, host and port. The path may hold a secret and stays out of it: names are logged.

    Raises:
        InputError: `url`, which stands at `key` of the configuration, is no http or https address without a login.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.password:
        mend = "write it as in https://oncall.example.net/hook; a token goes into a file"
        raise InputError([Fault(Place("netwatch.yaml", key=key), "is no http or https address without a login", mend)])
    return f"{kind}/{parts.hostname}" + (f":{parts.port}" if parts.port else "")


async def secret(path: Path) -> str:
    """What a file holds, without the space around it.

    Raises:
        OSError, UnicodeDecodeError: it can't be read.
    """
    return (await asyncio.to_thread(path.read_text, "utf-8")).strip()


def is_ours(error: Exception) -> bool:
    """Whether this machine is short of something just now: no fault of the configuration, and none of a peer."""
    return isinstance(error, ImportError) or (isinstance(error, OSError) and error.errno in _SCARCE)


def unsent(error: Exception) -> Result:
    """The outcome when this machine failed before anything left: it goes later."""
    code = errno.errorcode.get(getattr(error, "errno", None) or 0, type(error).__name__)
    return Result(Outcome.CHANNEL_TEMPORARY, f"{code} here")


def unreadable(error: Exception, what: str) -> Result:
    """The outcome when a file of the configuration can't be read."""
    return unsent(error) if is_ours(error) else Result(Outcome.CONFIGURATION, f"{what} can't be read")
