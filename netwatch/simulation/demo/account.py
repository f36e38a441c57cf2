"""The demo's account: what the customers received, held against who was truly behind the cut.

Nothing of netwatch has a part in it: the truth is the demo's own, the mails are those that came over SMTP.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from netwatch.simulation.demo.mailbox import Mail

#: From the cut to the last customer's first notice.
PROMISE_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence of the account, and whether it is as it must be."""

    name: str
    text: str
    ok: bool


@dataclass(frozen=True, slots=True)
class Truth:
    """What the demo did, in Unix seconds, and to whom; addresses are mail addresses."""

    behind_cut: frozenset[str]
    customers: frozenset[str]
    trunk: str
    cut_at: float
    mended_at: float


def notices(mails: Sequence[Mail], customers: Collection[str], since: float, until: float) -> list[Mail]:
    """The mails to customers between two instants, in order."""
    return [mail for mail in mails if mail.recipient in customers and since <= mail.at < until]


def judge(truth: Truth, mails: Sequence[Mail], root_causes: Sequence[str]) -> tuple[Finding, ...]:
    """The account. `root_causes` are netwatch's, as refs."""
    early = notices(mails, truth.customers, 0.0, truth.cut_at)
    first = notices(mails, truth.customers, truth.cut_at, truth.mended_at)
    clear = notices(mails, truth.customers, truth.mended_at, float("inf"))
    told = Counter(mail.recipient for mail in first)
    cleared = Counter(mail.recipient for mail in clear)
    hit = len(truth.behind_cut)
    once = sum(1 for customer in truth.behind_cut if told[customer] == 1)
    others = len(set(told) - truth.behind_cut | {mail.recipient for mail in early})
    last_s = max((mail.at - truth.cut_at for mail in first), default=float("inf"))
    right = sum(1 for customer in truth.behind_cut if cleared[customer] == 1)
    wrong = len(set(cleared) - set(told))
    return (
        Finding(
            "cause",
            f"root cause: {', '.join(root_causes) or 'none found'}",
            tuple(root_causes) == (f"link:{truth.trunk}",),
        ),
        Finding("notices", f"{once} of {hit} customers behind the cut got exactly one first notice", once == hit),
        Finding("others", f"{others} of the {len(truth.customers) - hit} other customers got any", others == 0),
        Finding(
            "time", f"the last of them {last_s:.1f} s after the cut (must be below {PROMISE_S:.0f})", last_s < PROMISE_S
        ),
        Finding(
            "all_clear",
            f"the all-clear reached {right} of these {hit} once, and {wrong} who had not been told",
            right == hit and wrong == 0 and set(cleared) == set(told),
        ),
        Finding("wording", "every all-clear reads unlike its first notice", _differ(first, clear)),
    )


def _differ(first: Sequence[Mail], clear: Sequence[Mail]) -> bool:
    said = {mail.recipient: mail.subject for mail in first}
    return bool(clear) and all(said.get(mail.recipient) != mail.subject for mail in clear)
