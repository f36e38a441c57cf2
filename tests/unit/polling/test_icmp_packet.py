"""Echo requests as bytes, without a socket."""

from __future__ import annotations

import socket
import struct

import pytest

from netwatch.polling.icmp.packet import SEQUENCE, Target, ones_sum, sender_layout, slot_layout


@pytest.mark.parametrize(
    ("family", "address", "kind"), [(socket.AF_INET, "10.0.0.1", 8), (socket.AF_INET6, "fd00::1", 128)]
)
@pytest.mark.parametrize("sequence", [0, 1, 255, 256, 65535])
def test_the_checksum_of_every_sequence_makes_the_whole_add_up_to_ones(family, address, kind, sequence):
    target = Target("a", address, family, 7, 0xFFFF_FFFF_0000_0001)
    target.prepare(0xABCD)
    wire = SEQUENCE[sequence]
    total = target.base_sum + wire
    checksum = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF
    slot = sender_layout(family).pack(target.prefix, checksum, 0xABCD, wire, target.number, target.cookie)
    packet = slot[-20:]
    assert packet[0] == kind
    assert ones_sum(packet) == 0xFFFF
    assert struct.unpack("!H", packet[6:8]) == (sequence,)


def test_a_received_slot_is_as_long_as_its_fields():
    assert slot_layout(socket.AF_INET, ip_header=True).size == 32 + 64 + 20 + 20
    assert slot_layout(socket.AF_INET, ip_header=False).size == 32 + 64 + 20
    assert slot_layout(socket.AF_INET6, ip_header=False).size == 32 + 64 + 20


def test_an_address_of_the_other_family_is_refused():
    with pytest.raises(OSError, match="illegal"):
        Target("a", "fd00::1", socket.AF_INET, 0, 0).prepare(1)
