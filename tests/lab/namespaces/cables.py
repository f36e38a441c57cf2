"""Cables that can be cut: both ends lose carrier, as with a real one, and stay administratively up.

A veth pair alone cannot do that: setting one end down makes it administratively down. So every cable is two
pairs whose inner ends lie in a namespace of their own, where frames are forwarded from one to the other. To
cut is to set the inner ends down.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.lab.namespaces.shell import Namespace, run

LOSS_PERCENT = 30


@dataclass(frozen=True, slots=True)
class End:
    """One end of a cable: an interface of a node."""

    space: Namespace
    interface: str


class Cables:
    """All cables of one lab; `space` holds their inner ends."""

    def __init__(self, space: Namespace) -> None:
        self._space = space
        self._number: dict[str, int] = {}
        self._space.nft("table netdev cables {\n set mute { type ifname; }\n set lossy { type ifname; }\n}\n")

    def lay(self, name: str, a: End, b: End) -> None:
        """Connects two interfaces, which are made here and set up."""
        number = self._number[name] = len(self._number) + 1
        for side, end in (("a", a), ("b", b)):
            inner = f"w{number}{side}"
            self._space.ip([f"link add dev {inner} type veth peer name {end.interface} netns {end.space.name}"])
            self._space.ip([f"link set {inner} up"])
            end.space.ip([f"link set {end.interface} up"])
        chains = "".join(
            f'chain from_w{number}{here} {{ type filter hook ingress device "w{number}{here}" priority 0; '
            f'iifname @mute drop; iifname @lossy numgen random mod 100 < {LOSS_PERCENT} drop; fwd to "w{number}{there}"; }}\n'
            for here, there in (("a", "b"), ("b", "a"))
        )
        self._space.nft(f"table netdev cables {{\n{chains}}}")

    def cut(self, *cables: str) -> None:
        """Carrier is lost at both ends."""
        self._space.ip(f"link set w{self._number[name]}{side} down" for name in cables for side in "ab")

    def mend(self, *cables: str) -> None:
        self._space.ip(f"link set w{self._number[name]}{side} up" for name in cables for side in "ab")

    def mute(self, cable: str) -> None:
        """Carrier stays, nothing passes."""
        self._elements("add", "mute", cable, "ab")

    def unmute(self, cable: str) -> None:
        self._elements("delete", "mute", cable, "ab")

    def damage(self, cable: str) -> None:
        """Of what leaves its first end `LOSS_PERCENT` is lost, carrier stays; the other way all passes."""
        self._elements("add", "lossy", cable, "a")

    def repair(self, cable: str) -> None:
        self._elements("delete", "lossy", cable, "a")

    def _elements(self, verb: str, ends: str, cable: str, sides: str) -> None:
        names = ", ".join(f'"w{self._number[cable]}{side}"' for side in sides)
        self._space.nft(f"{verb} element netdev cables {ends} {{ {names} }}")


def carrier(end: End) -> bool:
    """What the kernel says of the light at this end."""
    return "LOWER_UP" in run("ip", "-netns", end.space.name, "link", "show", end.interface)
