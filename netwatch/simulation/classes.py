"""All classes of faults that a campaign draws from: the plain ones and the harder ones."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from netwatch.simulation.harder import HARDER
from netwatch.simulation.trials import BASIC, Draw

CLASSES: Final[Mapping[str, Draw]] = MappingProxyType({**BASIC, **HARDER})
#: Classes in which nothing may be told to anybody.
HARMLESS: Final = frozenset(
    {"icmp filtered", "snmp hung", "witness", "quiet", "announced", "blip", "modem off",
     "noisy quiet"}
)  # fmt: skip
#: Classes of two or three faults at once.
SEVERAL: Final = frozenset(
    {"two trunks", "trunk and device", "duct and power", "ring and device", "two devices", "two feeds",
     "three trunks", "three kinds", "storm", "ring twice"}
)  # fmt: skip
