"""The page in a bucket: a store that checks every signature as AWS does, over a real connection."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from netwatch.communication.page.copy import CopyError, renew
from netwatch.communication.page.s3 import S3Page
from netwatch.communication.page.settings import S3Copy
from netwatch.communication.page.sigv4 import Key, Request, signed
from netwatch.simulation.clock import SimulatedClock

FILES = {"phone.nl.txt": b"Goedendag.\n", "outages.json": b"{}\n", "index.html": "<p>ł</p>".encode()}
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


class Store:
    """Buckets in memory. Each request's signature is made again from what came over the wire."""

    def __init__(self) -> None:
        self.held: dict[str, tuple[bytes, str]] = {}
        self.asked: list[tuple[str, str]] = []
        self.garbles = False

    def answer(self, method: str, path: str, headers: dict[str, str], content: bytes) -> tuple[int, bytes]:
        self.asked.append((method, path))
        if not _is_signed(method, path, headers, content):
            return 403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>"
        if not path.startswith("/status/"):
            return 404, b"<Error><Code>NoSuchBucket</Code></Error>"
        if method == "PUT":
            self.held[path] = (content, headers["content-type"])
            return 200, b""
        if path not in self.held:
            return 404, b"<Error><Code>NoSuchKey</Code></Error>"
        return 200, b"other" if self.garbles else self.held[path][0]


def _is_signed(method: str, path: str, headers: dict[str, str], content: bytes) -> bool:
    told = re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=(\w+)/\d{8}/([\w-]+)/s3/aws4_request,SignedHeaders=([\w;-]+),Signature=(\w{64})",
        headers.get("authorization", ""),
    )
    if told is None or not {"host", "x-amz-date", "x-amz-content-sha256"} <= set(told[3].split(";")):
        return False
    own = {name: headers[name] for name in told[3].split(";") if name not in {"host", "x-amz-date"}}
    at = datetime.strptime(headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    url = f"http://{headers['host']}{path}"
    wanted = signed(Request(method, url, own, content), Key(told[1], SECRET, told[2]), at)
    return wanted["authorization"] == headers["authorization"] and (
        headers["x-amz-content-sha256"] == wanted["x-amz-content-sha256"]
    )


@contextmanager
def serving(store: Store) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _take(self) -> None:
            content = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, body = store.answer(self.command, self.path, headers, content)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_PUT = do_GET = _take  # noqa: N815 - the library's names

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def store():
    return Store()


def bucket(endpoint: str, folder, *, secret: str = SECRET, **more) -> S3Page:
    (folder / "secret").write_text(secret + "\n")
    made = {"endpoint": endpoint, "bucket": "status", "access_key_id": "AKIAIOSFODNN7EXAMPLE"}
    clock = SimulatedClock(1_795_352_700.0)
    return S3Page(S3Copy(**{**made, "secret_key_file": "secret", "prefix": "live/", **more}), clock, folder)


async def test_every_file_is_put_with_its_type_and_read_back(store, tmp_path):
    with serving(store) as endpoint:
        copy = bucket(endpoint, tmp_path)
        await renew(copy, FILES)
        await copy.close()
    assert {path: content for path, (content, _) in store.held.items()} == {
        f"/status/live/{name}": content for name, content in FILES.items()
    }
    assert store.held["/status/live/index.html"][1] == "text/html; charset=utf-8"
    assert [path for method, path in store.asked if method == "PUT"][-1] == "/status/live/index.html"
    assert sum(method == "GET" for method, _ in store.asked) == len(FILES)


async def test_what_the_store_gives_back_otherwise_is_told(store, tmp_path):
    store.garbles = True
    with serving(store) as endpoint:
        copy = bucket(endpoint, tmp_path)
        with pytest.raises(CopyError, match="reads back other"):
            await renew(copy, FILES)
        await copy.close()


@pytest.mark.parametrize(
    ("more", "told"), [({"secret": "wrong"}, "SignatureDoesNotMatch"), ({"bucket": "gone"}, "NoSuchBucket")]
)
async def test_a_refusal_says_what_the_store_said_and_never_the_secret(store, tmp_path, more, told):
    with serving(store) as endpoint:
        copy = bucket(endpoint, tmp_path, **more)
        with pytest.raises(CopyError, match=told) as found:
            await renew(copy, FILES)
        await copy.close()
    assert more.get("secret", SECRET) not in str(found.value)


async def test_a_store_that_nobody_answers_for_is_told(tmp_path):
    copy = bucket("http://127.0.0.1:1", tmp_path)
    with pytest.raises(CopyError, match="can't be reached: ConnectError"):
        await renew(copy, FILES)
    await copy.close()


async def test_a_store_that_never_answers_is_given_up_within_its_time(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        copy = bucket(f"http://127.0.0.1:{deaf.getsockname()[1]}", tmp_path, timeout_s=0.2)
        with pytest.raises(CopyError, match=r"did not finish within 0\.2 s|can't be reached: ReadTimeout"):
            await renew(copy, FILES)
        await copy.close()


async def test_a_secret_that_cannot_be_read_is_told_by_its_file(tmp_path):
    copy = bucket("http://127.0.0.1:1", tmp_path)
    (tmp_path / "secret").unlink()
    with pytest.raises(CopyError, match=r"the key in .*secret can't be read"):
        await renew(copy, FILES)
