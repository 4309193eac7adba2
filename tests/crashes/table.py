"""The table as moto keeps it: its rows, and the stream that Lambda shows to the publisher.

Moto's own objects, for they are looked at between any two steps: through the client that would take as long as the journey.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from moto.dynamodb.models import dynamodb_backends
from moto.events.models import EventPattern

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from local.cloud.deploy import Deployment
    from tests.crashes.processes import Processes

MOST_TRIES = 50
"""AWS shows a batch for a day; a publisher that fails so often does not mend itself."""


class Table:
    """The one table. What lies in it at first, keys and tenants, is not told of, and stays."""

    def __init__(self, stack: Deployment) -> None:
        backend = dynamodb_backends[stack.account][stack.region]
        self._table: Any = backend.get_table(stack.outputs["TableName"])
        self._furniture = {name: dict(items) for name, items in self._table.items.items()}
        self._furnished = set(map(_key, self._all()))
        self.before: list[dict[str, Any]] = []
        """The rows that were there before, as they stood then."""
        self._read_anew()

    @property
    def records(self) -> list[Any]:
        """The stream, from the table's first write on."""
        records: list[Any] = self._table.stream_shard.items
        return records

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows, without those that were there before."""
        known = self._furnished.union(map(_key, self.before))
        return [row for row in self._all() if _key(row) not in known]

    def left(self) -> list[dict[str, Any]]:
        """Return what is left of the rows that were there before, as they stand now."""
        known = set(map(_key, self.before))
        return [row for row in self._all() if _key(row) in known]

    def take_for_granted(self) -> None:
        """Have what lies here be what was there before whatever comes now."""
        self.before = self.rows()

    def jobs(self) -> list[dict[str, Any]]:
        """Return the rows of jobs."""
        return [row for row in self.rows() if row["sk"] == "job"]

    def due(self) -> Mapping[str, int]:
        """Return when each row falls due that is not at rest, epoch seconds."""
        self._read_on()
        return self._due

    def states_of(self, job_id: str) -> Sequence[str]:
        """Return the states that a job was in, one after the other, as the stream has them."""
        self._read_on()
        return self._states.get(job_id, [])

    def reset(self) -> None:
        """Leave nothing but what lay here at first: to deploy anew each time would take a hundred times as long."""
        self._table.items.clear()
        self._table.items.update({name: dict(items) for name, items in self._furniture.items()})
        self.records.clear()
        self.before = []
        self._read_anew()

    def _read_anew(self) -> None:
        self._read = len(self.records)
        self._due: dict[str, int] = {}
        self._states: dict[str, list[str]] = {}

    def _read_on(self) -> None:
        """Read what the stream has new: to look at all rows between any two steps would take ever longer, the more there are."""
        for record in self.records[self._read :]:
            said = record.record["dynamodb"]
            (pk, sk), row = (said["Keys"][name]["S"] for name in ("pk", "sk")), said.get("NewImage", {})
            self._due.pop(f"{pk} {sk}", None)
            if "due_at" in row:
                self._due[f"{pk} {sk}"] = int(row["due_at"]["N"])
            if sk == "job" and row:
                states, state = self._states.setdefault(pk, []), row["state"]["S"]
                states += [state] * (states[-1:] != [state])
        self._read = len(self.records)

    def _all(self) -> list[dict[str, Any]]:
        rows = [row.to_json()["Attributes"] for items in self._table.items.values() for row in items.values()]
        return [_plain(row) for row in rows]


class Stream:
    """Shows the table's records to the publisher, in order, a batch again until it was taken."""

    def __init__(self, stack: Deployment, table: Table, processes: Processes) -> None:
        self._table, self._processes = table, processes
        (mapping,) = (each for each in stack.mappings.values() if ":dynamodb:" in each.source_arn)
        self._size = mapping.batch_size
        self._wanted = [EventPattern.load(pattern) for pattern in mapping.filters]
        self.reset()

    def reset(self) -> None:
        """Begin at the table's first record."""
        self._shown, self._tries = 0, 0
        self.given_up: list[str] = []

    def show(self) -> None:
        """Show whatever is new."""
        while items := self._table.records[self._shown :][: self._size]:
            records = [record for record in map(_record, items) if self._is_wanted(record)]
            is_taken = not records or self._is_taken(records)
            self._tries = 0 if is_taken else self._tries + 1
            if self._tries >= MOST_TRIES:
                self.given_up += [json.dumps(record["dynamodb"]["Keys"]) for record in records]
            if is_taken or self.given_up:
                self._shown += len(items)

    def _is_wanted(self, record: Mapping[str, Any]) -> bool:
        return any(pattern.matches_event(record) for pattern in self._wanted)

    def _is_taken(self, records: list[Any]) -> bool:
        answer = self._processes.invoke("publisher", {"Records": records})
        return answer is not None and not answer["batchItemFailures"]


def _record(item: Any) -> dict[str, Any]:
    shown: dict[str, Any] = json.loads(json.dumps(item.to_json(), default=str))
    return shown


def _key(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["pk"], row["sk"]


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _value(said) for name, said in row.items()}


def _value(said: Mapping[str, Any]) -> Any:
    ((kind, value),) = said.items()
    match kind:
        case "N":
            return float(value) if "." in value else int(value)
        case "M":
            return _plain(value)
        case "L":
            return [_value(each) for each in value]
        case "NULL":
            return None
    return value
