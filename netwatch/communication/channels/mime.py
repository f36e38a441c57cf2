"""Mails as bytes: the text is encoded once for all its readers, the head once for each.

Source: RFC 5322 (format), RFC 2045 (quoted-printable, base64), RFC 2047 (words in headers), RFC 3834 (Auto-Submitted).
"""

from __future__ import annotations

import base64
import hashlib
import quopri
import re
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime
from functools import lru_cache
from typing import Final
from urllib.parse import quote

#: Control characters (C0, DEL, C1), line and paragraph separators, and what turns the direction of writing.
_UNSAFE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_UNSAFE_BODY: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
#: Octets that quoted-printable leaves as they are, near enough to choose by.
_PLAIN: Final = bytes(range(127))
#: Subjects are shared by many readers, unlike their texts.
_WORDS_KEPT: Final = 256
_ATEXT: Final = re.compile(r"[A-Za-z0-9 .!#$%&'*+/=?^_`{|}~-]*")


@dataclass(frozen=True, slots=True)
class Text:
    """One text, encoded: the head lines that belong to it and its body, with CRLF."""

    head: bytes
    body: bytes


def encode_text(subject: str, body: str, language: str) -> Text:
    """Encode what all readers of a text share.

    Raises:
        ValueError: the subject or body holds control characters, or characters that no encoding has.
    """
    if _UNSAFE.search(subject) or _UNSAFE_BODY.search(body.replace("\r\n", "\n")):
        raise ValueError("control characters in a text")
    raw = body.replace("\r\n", "\n").encode("utf-8")
    if not raw.endswith(b"\n"):
        raw += b"\n"
    foreign = len(raw.translate(None, _PLAIN))
    if foreign * 6 > len(raw):
        encoding, encoded = "base64", base64.encodebytes(raw.replace(b"\n", b"\r\n"))
    else:
        encoding, encoded = "quoted-printable", quopri.encodestring(raw)
    lines = [f"Subject: {_word(subject, 'Subject')}"]
    if re.fullmatch(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", language):
        lines.append(f"Content-Language: {language}")
    lines += [
        "MIME-Version: 1.0",
        'Content-Type: text/plain; charset="utf-8"',
        f"Content-Transfer-Encoding: {encoding}",
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: All",
    ]
    return Text("\r\n".join(lines).encode("ascii") + b"\r\n", encoded.replace(b"\n", b"\r\n"))


@lru_cache(maxsize=_WORDS_KEPT)
def _word(text: str, header: str) -> str:
    # What looks like an encoded word would be read as one.
    if text.isascii() and "=?" not in text and len(text) + len(header) < 76:
        return text
    return Header(text, "utf-8", header_name=header).encode(linesep="\r\n")


def mailbox(address: str, name: str) -> str:
    """`address` with a name beside it, encoded as needed; the name is checked, the address was.

    Raises:
        ValueError: the name holds control characters.
    """
    if _UNSAFE.search(name):
        raise ValueError("control characters in a name")
    if not name:
        return address
    if not name.isascii():
        return f"{Header(name, 'utf-8').encode(linesep='')} <{address}>"
    if _ATEXT.fullmatch(name) and "." not in name:
        return f"{name} <{address}>"
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <{address}>'


def message_ids(message: str, incident: str, domain: str) -> tuple[str, str]:
    """The Message-ID of a message and that of its incident's root, to which all its mails refer."""
    root = hashlib.sha256(incident.encode()).hexdigest()[:32]
    return f"<{message}@{domain}>", f"<incident.{root}@{domain}>"


def unsubscribing(address: str, customer: str) -> str:
    """What a mail program opens for a reader who wants no more: a mail that names the customer. Source: RFC 2369, 6068."""
    return f"<mailto:{quote(address, safe='@')}?subject={quote(f'unsubscribe {customer}', safe='')}>"


def assemble(
    text: Text,
    sender: str,
    to: str,
    ids: tuple[str, str],
    sent: datetime,
    *,
    reply_to: str = "",
    unsubscribe: str = "",
) -> bytes:
    """The whole mail. `sender`, `to` and `reply_to` were checked by the caller, `unsubscribe` is what `unsubscribing`
    made; `sent` is aware.
    """
    lines = [f"From: {sender}", f"To: {to}", f"Date: {format_datetime(sent)}", f"Message-ID: {ids[0]}"]
    lines += [f"In-Reply-To: {ids[1]}", f"References: {ids[1]}"]
    if reply_to:
        lines.append(f"Reply-To: {reply_to}")
    if unsubscribe:
        lines.append(f"List-Unsubscribe: {unsubscribe}")
    return "\r\n".join(lines).encode("ascii") + b"\r\n" + text.head + b"\r\n" + text.body
