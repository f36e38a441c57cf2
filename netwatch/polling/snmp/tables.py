"""Walking one column of a table, gently: as many rows a time as fit a packet, and never in circles."""

from __future__ import annotations

from netwatch.polling.snmp import ber
from netwatch.polling.snmp.ber import Value
from netwatch.polling.snmp.client import Agent, Answer, Client
from netwatch.polling.snmp.codec import GET_BULK, GET_NEXT, V1, Status, request

MAX_ROWS = 65_536
_ROOM = 1_350  # bytes for bindings in a packet that needs no fragments
_BINDING = 10  # tags and lengths of one binding, about


class Walker:
    """Reads columns of one agent, and remembers how many rows it can take at once."""

    def __init__(self, client: Client, agent: Agent, max_repetitions: int) -> None:
        self._client = client
        self._agent = agent
        self.repetitions = max_repetitions

    async def column(self, column: bytes) -> tuple[Status, dict[int, Value]]:
        """The rows by their index. A status other than NO_ERROR: the column is not complete."""
        rows: dict[int, Value] = {}
        last_index = -1
        while len(rows) < MAX_ROWS:
            answer = await self._next_rows(column if last_index < 0 else ber.instance(column, last_index))
            if answer.status is Status.NO_SUCH_NAME and self._agent.version == V1:
                return Status.NO_ERROR, rows  # the end, in v1's words
            if answer.status is not Status.NO_ERROR:
                return answer.status, rows
            if not answer.varbinds:
                return Status.GEN_ERR, rows
            for name, tag, value in answer.varbinds:
                index = ber.index_after(name, column)
                if index is None or tag in {ber.END_OF_MIB_VIEW, ber.NO_SUCH_OBJECT, ber.NO_SUCH_INSTANCE}:
                    return Status.NO_ERROR, rows
                if index <= last_index:
                    return Status.GEN_ERR, rows  # the agent would lead us in circles
                rows[index] = value
                last_index = index
        return Status.GEN_ERR, rows

    async def _next_rows(self, last: bytes) -> Answer:
        agent = self._agent
        if agent.version == V1:
            return await self._client.ask(agent, request(agent.version, agent.community, GET_NEXT, [last]))
        while True:
            asked = request(agent.version, agent.community, GET_BULK, [last], max_repetitions=self.repetitions)
            answer = await self._client.ask(agent, asked)
            if answer.status is Status.NO_ERROR:
                self._fit(answer)
                return answer
            if answer.status not in {Status.TOO_BIG, Status.TIMEOUT} or self.repetitions == 1:
                return answer
            if answer.status is Status.TIMEOUT and self.repetitions <= 4:  # size is not why
                return answer
            self.repetitions = max(1, self.repetitions // 2 if answer.status is Status.TOO_BIG else 4)

    def _fit(self, answer: Answer) -> None:
        """Ask for no more rows than an unfragmented answer holds."""
        if answer.varbinds:
            size = sum(
                len(name) + len(value if isinstance(value, bytes) else b"....") for name, _, value in answer.varbinds
            )
            row = size / len(answer.varbinds) + _BINDING
            self.repetitions = max(1, min(self.repetitions, int(_ROOM / row)))
