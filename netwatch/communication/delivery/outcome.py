"""What a peer's answer means. Pure: codes in, one named outcome out.

Source: RFC 5321 section 4.2 (reply codes), RFC 3463 (enhanced codes), RFC 9110 section 15 (HTTP status).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Outcome(StrEnum):
    """What became of one attempt; what follows from it is decided in `settle`."""

    ACCEPTED = "accepted"
    CHANNEL_TEMPORARY = "channel_temporary"
    THROTTLED = "throttled"
    RECIPIENT_TEMPORARY = "recipient_temporary"
    RECIPIENT_PERMANENT = "recipient_permanent"
    CONTENT = "content"
    CONFIGURATION = "configuration"
    UNKNOWN = "unknown"
    REFUSED_BY_US = "refused_by_us"
    DEFECT = "defect"


class Step(StrEnum):
    """How far a mail had come when the reply, or its absence, was seen."""

    CONNECT = "connect"
    SENDER = "sender"
    RECIPIENT = "recipient"
    CONTENT = "content"


@dataclass(frozen=True, slots=True)
class Result:
    """One attempt's outcome. `detail` holds codes only, no address and no text. `retry_after_s`: the peer's wish.

    `busy`: the peer has too much to do just now, or too many connections; fewer at once may do.
    """

    outcome: Outcome
    detail: str = ""
    retry_after_s: float | None = None
    busy: bool = False


_ENHANCED: Final = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_LOGIN_CODES: Final = frozenset({530, 534, 535, 538})


def of_reply(code: int, text: str, step: Step) -> Result:
    """The outcome of an SMTP reply at `step`."""
    match = _ENHANCED.search(text[:200])
    enhanced = match.group(0) if match else ""
    detail = f"smtp {code} {enhanced}".rstrip() + f" at {step.value}"
    outcome = _of_code(code, enhanced, step)
    return Result(outcome, detail, busy=outcome is Outcome.CHANNEL_TEMPORARY and code < 500)


def _of_code(code: int, enhanced: str, step: Step) -> Outcome:
    if 200 <= code < 300:
        return Outcome.ACCEPTED
    if code in _LOGIN_CODES or (code == 454 and step is Step.CONNECT):
        return Outcome.CONFIGURATION
    if code < 500:
        # 421 closes the channel; after the final dot it is still a clear "not accepted".
        of_channel = code == 421 or step in {Step.CONNECT, Step.SENDER}
        return Outcome.CHANNEL_TEMPORARY if of_channel else Outcome.RECIPIENT_TEMPORARY
    if step is Step.CONNECT:
        return Outcome.CONFIGURATION if code in {502, 504} else Outcome.CHANNEL_TEMPORARY
    if step is Step.SENDER:
        return Outcome.CONFIGURATION
    return _of_refusal(code, enhanced, step)


def _of_refusal(code: int, enhanced: str, step: Step) -> Outcome:
    """A 5xx after the sender was taken: it is about the mailbox or about the text. The enhanced code knows best."""
    if enhanced.startswith("5.1.") or enhanced == "5.2.1":
        return Outcome.RECIPIENT_PERMANENT
    if enhanced.startswith("5.7."):
        return Outcome.CONTENT
    of_mailbox = step is Step.RECIPIENT and code not in {552, 554}
    return Outcome.RECIPIENT_PERMANENT if of_mailbox else Outcome.CONTENT


def of_silence(step: Step, why: str) -> Result:
    """The outcome when the peer fell silent or the connection broke. Once the content may have left, nobody knows."""
    outcome = Outcome.UNKNOWN if step is Step.CONTENT else Outcome.CHANNEL_TEMPORARY
    return Result(outcome, f"{why} at {step.value}")


def of_status(status: int, retry_after: str = "", *, idempotent: bool = True) -> Result:
    """The outcome of an HTTP status. A redirect is never followed: it is a fault of the configuration."""
    detail = f"http {status}"
    if 200 <= status < 300:
        return Result(Outcome.ACCEPTED, detail)
    if status in {408, 425, 429}:
        return Result(Outcome.THROTTLED, detail, seconds(retry_after))
    if status in {401, 403, 404, 405, 407, 410} or 300 <= status < 400:
        return Result(Outcome.CONFIGURATION, detail)
    if 500 <= status < 600:
        outcome = Outcome.RECIPIENT_TEMPORARY if idempotent else Outcome.UNKNOWN
        return Result(outcome, detail, seconds(retry_after))
    return Result(Outcome.CONTENT, detail)


def seconds(retry_after: str) -> float | None:
    """Retry-After in seconds, at most an hour; None when absent or a date."""
    text = retry_after.strip()
    return min(float(text), 3600.0) if text.isascii() and text.isdigit() and len(text) < 9 else None
