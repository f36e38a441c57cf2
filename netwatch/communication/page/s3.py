"""The page in a bucket of a store that speaks S3: each file one signed PUT, then one signed GET."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from netwatch.clock import Clock
from netwatch.communication.page.copy import LARGEST_BYTES, CopyError, brief
from netwatch.communication.page.settings import S3Copy
from netwatch.communication.page.sigv4 import Key, Request, signed
from netwatch.late import late

if TYPE_CHECKING:
    import httpx
else:
    httpx = late("httpx")

_TYPES: Final = MappingProxyType({
    ".html": "text/html; charset=utf-8", ".json": "application/json", ".atom": "application/atom+xml",
    ".txt": "text/plain; charset=utf-8",
})  # fmt: skip
#: Readers and caches look again so soon, as with the page that netwatch serves itself.
_CACHE: Final = "max-age=15"


class S3Page:
    """One bucket. Redirects aren't followed: a wrong region is an error that names itself."""

    def __init__(self, settings: S3Copy, clock: Clock, base: Path = Path()) -> None:
        """`base`: directory of the configuration, for relative files."""
        self._settings = settings
        self._clock = clock
        self._base = base
        self._endpoint = settings.endpoint.rstrip("/")
        self.name = f"s3/{self._endpoint.partition('://')[2]}/{settings.bucket}"
        self._client: httpx.AsyncClient | None = None

    async def renew(self, files: Mapping[str, bytes]) -> Mapping[str, bytes]:
        key = Key(self._settings.access_key_id, await self._secret(), self._settings.region)
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                for name, content in files.items():
                    await self._ask("PUT", name, content, key)
                return {name: await self._ask("GET", name, b"", key) for name in files}
        except TimeoutError:
            took = f"{self._settings.timeout_s:g} s"
            raise CopyError(f"{self.name} did not finish within {took}", "look at the way to it") from None
        except (OSError, httpx.HTTPError) as error:
            raise CopyError(f"{self.name} can't be reached: {type(error).__name__}", "look at the way to it") from error

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _secret(self) -> str:
        path = self._base / self._settings.secret_key_file
        try:
            return (await asyncio.to_thread(path.read_text, "utf-8")).strip()
        except (OSError, UnicodeDecodeError) as error:
            raise CopyError(f"the key in {path} can't be read", "give netwatch's user the right to read it") from error

    async def _ask(self, method: str, name: str, content: bytes, key: Key) -> bytes:
        url = f"{self._endpoint}/{self._settings.bucket}/{self._settings.prefix}{name}"
        own = {"content-type": _TYPES[Path(name).suffix], "cache-control": _CACHE} if method == "PUT" else {}
        headers = signed(Request(method, url, own, content), key, self._now())
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=self._settings.timeout_s, follow_redirects=False, trust_env=False)
        async with self._client.stream(method, url, content=content or None, headers=headers) as answer:
            found = b""
            async for part in answer.aiter_bytes():
                found += part
                if len(found) > LARGEST_BYTES:
                    raise CopyError(
                        f"{name} in {self.name} is not ours: too large", "give netwatch a bucket of its own"
                    )
            if answer.status_code != 200:
                words = brief(found.decode(errors="replace"))
                what = f"{self.name} refuses {method} {name}: HTTP {answer.status_code} {words}".rstrip()
                raise CopyError(what, "look at the key's rights, the bucket's name and the region")
            return found

    def _now(self) -> datetime:
        return self._clock.utc(self._clock.now())
