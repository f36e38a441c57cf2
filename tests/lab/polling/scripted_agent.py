"""An SNMP agent that misbehaves on purpose: a real peer on a real socket, under a test's control."""

from __future__ import annotations

import asyncio
import socket
from bisect import bisect_right

from netwatch.polling.snmp import ber, mib
from netwatch.polling.snmp.codec import GET, GET_BULK, GET_NEXT, RESPONSE, V1, Message, Status, decode, encode


class ScriptedAgent(asyncio.DatagramProtocol):
    """Answers from `objects`; the flags make it a bad one."""

    def __init__(self, interfaces=()):
        self.objects = {mib.SYS_UP_TIME: (ber.TIME_TICKS, 100_000), mib.IF_TABLE_LAST_CHANGE: (ber.TIME_TICKS, 5)}
        for index, name in interfaces:
            self.interface(index, name)
        self.drop = 0  # ignore so many requests
        self.delay_s = 0.0
        self.source = None  # another socket to answer from
        self.most_bindings = 1000
        self.circle = False
        self.change = lambda message: message
        self.garble = lambda raw: raw
        self.asked = []

    def interface(self, index, name, admin=1, oper=1, changed=0, descr="", alias=""):
        for column, value in (
            (mib.IF_DESCR, (ber.OCTET_STRING, (descr or f"Port {index}").encode())),
            (mib.IF_ADMIN_STATUS, (ber.INTEGER, admin)),
            (mib.IF_OPER_STATUS, (ber.INTEGER, oper)),
            (mib.IF_LAST_CHANGE, (ber.TIME_TICKS, changed)),
            (mib.IF_NAME, (ber.OCTET_STRING, name.encode())),
            (mib.IF_ALIAS, (ber.OCTET_STRING, alias.encode())),
        ):
            self.objects[ber.instance(column, index)] = value

    def remove_interfaces(self):
        self.objects = {name: value for name, value in self.objects.items() if len(ber.sub_identifiers(name)) < 11}

    async def listen(self, address="127.0.0.1", port=0):
        loop = asyncio.get_running_loop()
        self.transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(address, port))
        self.port = self.transport.get_extra_info("sockname")[1]
        return self

    def close(self):
        self.transport.close()

    def datagram_received(self, data, peer):
        message = decode(data)
        self.asked.append(message)
        if self.drop:
            self.drop -= 1
            return
        raw = self.garble(encode(self.change(self.answer(message))))
        asyncio.get_running_loop().call_later(self.delay_s, self.send, raw, peer)

    def send(self, raw, peer):
        if self.transport.is_closing():
            return
        if self.source is None:
            self.transport.sendto(raw, peer)
        else:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                sock.bind(self.source)
                sock.sendto(raw, peer)

    def answer(self, message):
        if message.pdu == GET:
            found = [(name, *self.objects.get(name, (ber.NO_SUCH_INSTANCE, None))) for name, _, _ in message.varbinds]
            if message.version == V1:
                for place, (_, tag, _) in enumerate(found, 1):
                    if tag == ber.NO_SUCH_INSTANCE:
                        return Message(
                            V1,
                            message.community,
                            RESPONSE,
                            message.request_id,
                            Status.NO_SUCH_NAME,
                            place,
                            message.varbinds,
                        )
        else:
            repetitions = message.error_index if message.pdu == GET_BULK else 1
            found = self.following([name for name, _, _ in message.varbinds], repetitions)
            if message.version == V1 and message.pdu == GET_NEXT and not found:
                return Message(
                    V1, message.community, RESPONSE, message.request_id, Status.NO_SUCH_NAME, 1, message.varbinds
                )
        if len(found) > self.most_bindings:
            return Message(message.version, message.community, RESPONSE, message.request_id, Status.TOO_BIG, 0, [])
        return Message(message.version, message.community, RESPONSE, message.request_id, 0, 0, found)

    def following(self, asked, repetitions):
        """Row by row, for each of `asked` what comes next. Source: RFC 3416 section 4.2.3."""
        names = sorted(self.objects, key=ber.sub_identifiers)
        if self.circle:
            return [(row, *self.objects[row]) for row in names if row.startswith(mib.IF_NAME)][:1]
        keys = [ber.sub_identifiers(name) for name in names]
        places = [bisect_right(keys, ber.sub_identifiers(name)) for name in asked]
        rows = []
        for step in range(repetitions):
            if all(place + step >= len(names) for place in places):
                break
            for place in places:
                beyond = place + step >= len(names)
                name = names[-1] if beyond else names[place + step]
                rows.append((name, *((ber.END_OF_MIB_VIEW, None) if beyond else self.objects[name])))
        return rows
