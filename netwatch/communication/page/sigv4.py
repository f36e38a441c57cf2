"""Signs a request for a store that speaks S3. Pure.

Source: AWS, "Signature Version 4 signing process" and "Authenticating Requests: Using the Authorization Header
(AWS Signature Version 4)", with the examples that the tests repeat.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final
from urllib.parse import parse_qsl, quote, urlsplit

_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_UNRESERVED: Final = "-_.~"


@dataclass(frozen=True, slots=True)
class Key:
    """Who asks, and for which region."""

    id: str
    secret: str
    region: str


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked. `url` is escaped as it is sent."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    content: bytes = b""


def signed(request: Request, key: Key, at: datetime) -> dict[str, str]:
    """The request's headers and those that it must have besides, all of them signed. `at`: aware."""
    parts = urlsplit(request.url)
    moment = at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    digest = hashlib.sha256(request.content).hexdigest()
    whole = {**request.headers, "host": parts.netloc, "x-amz-content-sha256": digest, "x-amz-date": moment}
    lowered = {name.lower(): " ".join(value.split()) for name, value in whole.items()}
    names = ";".join(sorted(lowered))
    query = sorted(
        f"{_escaped(name)}={_escaped(value)}" for name, value in parse_qsl(parts.query, keep_blank_values=True)
    )
    canonical = [request.method, parts.path or "/", "&".join(query)]
    canonical += [f"{name}:{lowered[name]}" for name in sorted(lowered)]
    canonical += ["", names, digest]
    scope = f"{moment[:8]}/{key.region}/s3/aws4_request"
    summary = hashlib.sha256("\n".join(canonical).encode()).hexdigest()
    to_sign = f"{_ALGORITHM}\n{moment}\n{scope}\n{summary}".encode()
    signature = hmac.new(_signing_key(key, moment[:8]), to_sign, hashlib.sha256).hexdigest()
    credential = f"{_ALGORITHM} Credential={key.id}/{scope},SignedHeaders={names},Signature={signature}"
    return {**whole, "authorization": credential}


def _escaped(text: str) -> str:
    return quote(text, safe=_UNRESERVED)


def _signing_key(key: Key, day: str) -> bytes:
    made = f"AWS4{key.secret}".encode()
    for part in (day, key.region, "s3", "aws4_request"):
        made = hmac.new(made, part.encode(), hashlib.sha256).digest()
    return made
