"""Elements in memory, a registry that does as it is told, and a workflow that remembers."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from klingway.domain.elements import (
    CALLER,
    USABLE,
    ElementChange,
    KeptElement,
    Waiter,
    due_once_joined,
    due_once_let_go,
)
from klingway.domain.ids import ElementId, JobId, Tenant
from klingway.domain.job import JobError
from klingway.domain.request import Element
from klingway.providers.contract import ElementOutcome, ElementTask, ProviderError, Running, WireRequest
from klingway.use_cases.element_ports import ElementChangeRefusedError, ElementNumberTakenError, ElementPage
from klingway.use_cases.ports import IdempotencyKey, KeyTakenError, ReferenceTakenError

from tests.fakes.jobs import InMemoryJobs


class InMemoryElements:
    def __init__(self, jobs: InMemoryJobs | None = None) -> None:
        self.rows: dict[ElementId, KeptElement] = {}
        self.aliases: dict[str, ElementId] = {}
        self.waiting: dict[tuple[ElementId, str], Waiter] = {}
        self.numbers: dict[tuple[Tenant, int], ElementId] = {}
        self.lists: dict[Tenant, set[ElementId]] = {}
        self.jobs = jobs or InMemoryJobs()
        """Whose external ids and idempotency keys are those of elements as well."""
        self.history: list[KeptElement] = []
        """Each element as it stood after each write."""

    def claim(self, wanted: KeptElement, user: JobId) -> KeptElement:
        known = self.aliases.get(wanted.digest, ElementId(""))
        joined = self.join(known, user, digest=wanted.digest, at=wanted.created_at)
        if joined is not None:
            return joined
        self.aliases[wanted.digest] = wanted.id
        return self._written(wanted)

    def join(self, element_id: ElementId, user: JobId, *, digest: str, at: datetime) -> KeptElement | None:
        known = self.rows.get(element_id)
        if known is None or known.state not in USABLE or known.digest != digest:
            return None
        due_at = due_once_joined(at) if known.due_at is None else known.due_at
        return self._written(replace(known, users=known.users | {user}, due_at=due_at))

    def create(self, element: KeptElement, key: IdempotencyKey | None) -> None:
        if element.id in self.rows:
            return
        assert element.element_number is not None
        if key is not None:
            taken = self.jobs.keys.get((key.tenant, key.key))
            if taken is not None and taken[2] > element.created_at.timestamp():
                raise KeyTakenError(taken[0], taken[1])
        name = _name_of(element)
        if name is not None and name in self.jobs.names:
            raise ReferenceTakenError(name[2])
        if (element.tenant, element.element_number) in self.numbers:
            raise ElementNumberTakenError(element.element_number)
        if key is not None:
            self.jobs.keys[key.tenant, key.key] = (JobId(element.id), key.fingerprint, key.expires_at)
        if name is not None:
            self.jobs.names[name] = element.id
        self.numbers[element.tenant, element.element_number] = element.id
        self.lists.setdefault(element.tenant, set()).add(element.id)
        self.aliases.setdefault(element.digest, element.id)
        self._written(element)

    def let_go(self, element: KeptElement, *, at: datetime) -> KeptElement | None:
        self._free(element)
        known = self.rows.get(element.id)
        if known is None:
            return None
        due_at = due_once_let_go(at) if known.due_at is None else known.due_at
        return self._written(replace(known, users=known.users - {CALLER}, due_at=due_at))

    def _free(self, element: KeptElement) -> None:
        self.lists.get(element.tenant, set()).discard(element.id)
        name = _name_of(element)
        if name is not None and self.jobs.names.get(name) == element.id:
            del self.jobs.names[name]

    def _written(self, element: KeptElement) -> KeptElement:
        self.rows[element.id] = element
        self.history.append(element)
        return element

    def get(self, element_id: ElementId) -> KeptElement | None:
        return self.rows.get(element_id)

    def several(self, element_ids: Collection[ElementId]) -> Mapping[ElementId, KeptElement]:
        return {element_id: self.rows[element_id] for element_id in element_ids if element_id in self.rows}

    def numbered(self, tenant: Tenant, numbers: Collection[int]) -> Mapping[int, ElementId]:
        return {number: self.numbers[tenant, number] for number in numbers if (tenant, number) in self.numbers}

    def page(self, tenant: Tenant, *, limit: int, after: ElementId | None = None, skipped: int = 0) -> ElementPage:
        listed = sorted(self.lists.get(tenant, ()), reverse=True)
        rest = [element_id for element_id in listed if after is None or element_id < after][skipped:]
        found = self.several(rest[:limit]).values()
        return ElementPage(
            [element for element in found if element.is_held], rest[limit - 1] if len(rest) > limit else None
        )

    def apply(self, element_id: ElementId, change: ElementChange) -> KeptElement:
        element = self.rows.get(element_id)
        fits = (
            element is not None
            and element.state in change.allowed_from
            and change.expected_number in {None, element.number}
            and change.if_users in {None, element.users}
        )
        if element is None or not fits:
            raise ElementChangeRefusedError(element_id)
        return self._written(
            replace(
                element,
                state=change.to_state or element.state,
                updated_at=change.at,
                due_at=None if change.due_at is None else int(change.due_at.timestamp()),
                number=element.number + 1,
                **change.values,
            )
        )

    def release(self, element_id: ElementId, user: JobId) -> KeptElement | None:
        element = self.rows.get(element_id)
        return None if element is None else self._written(replace(element, users=element.users - {user}))

    def remove(self, element: KeptElement) -> None:
        if self.aliases.get(element.digest) == element.id:
            del self.aliases[element.digest]
        self._free(element)
        self.rows.pop(element.id, None)

    def add_waiter(self, waiter: Waiter) -> None:
        self.waiting[waiter.element_id, waiter.execution] = waiter

    def waiters(self, element_id: ElementId) -> Sequence[Waiter]:
        return [waiter for waiter in self.waiting.values() if waiter.element_id == element_id]

    def remove_waiter(self, waiter: Waiter) -> None:
        if self.waiting.get((waiter.element_id, waiter.execution)) == waiter:
            del self.waiting[waiter.element_id, waiter.execution]


def _name_of(element: KeptElement) -> tuple[str, str, str] | None:
    if element.origin is None or element.origin.external_id is None:
        return None
    return element.tenant, element.origin.dialect, element.origin.external_id


@dataclass
class RecordingWorkflow:
    """Remembers what it was asked."""

    started: list[tuple[str, JobId, tuple[ElementId, ...]]] = field(default_factory=list)
    resumed: list[tuple[str, ElementId, JobError | None]] = field(default_factory=list)

    def start(self, execution: str, *, job_id: JobId, elements: Sequence[ElementId]) -> None:
        self.started.append((execution, job_id, tuple(elements)))

    def resume(self, token: str, element_id: ElementId, error: JobError | None) -> None:
        self.resumed.append((token, element_id, error))


@dataclass
class ScriptedRegistry:
    """A provider's elements; an exception in a list is raised."""

    creations: list[Exception] = field(default_factory=list)
    """What is raised by creations, in order; none when empty."""
    effects: list[bool] = field(default_factory=list)
    """For each failing creation, whether an element is being made all the same."""
    outcomes: list[ElementOutcome | ProviderError] = field(default_factory=list)
    """The answers to questions, in order; the last one stays. Running when empty."""
    deletions: list[Exception] = field(default_factory=list)
    ready_made: list[Mapping[str, Any]] | ProviderError = field(default_factory=list)
    """The presets, or what asking for them raises."""
    created: list[WireRequest] = field(default_factory=list)
    references: set[str] = field(default_factory=set)
    deleted: list[str] = field(default_factory=list)

    def render(self, definition: Element, *, reference: str, callback_url: str | None) -> WireRequest:
        body = {"reference": reference, "callback_url": callback_url, **definition.model_dump(exclude_unset=True)}
        return WireRequest("/elements", body, {"path": "/elements"})

    def create(self, wire: WireRequest, *, timeout_s: float) -> ElementTask:
        self.created.append(wire)
        error = self.creations.pop(0) if self.creations else None
        if error is None or (self.effects and self.effects.pop(0)):
            self.references.add(wire.body["reference"])
        if error is not None:
            raise error
        return self._task(Running())

    def check(self, handle: Mapping[str, Any]) -> ElementTask:
        return self._task(self._outcome())

    def find(self, handle: Mapping[str, Any], reference: str) -> ElementTask | None:
        return self._task(self._outcome()) if reference in self.references else None

    def delete(self, element_id: str) -> None:
        self.deleted.append(element_id)
        if self.deletions:
            raise self.deletions.pop(0)

    def presets(self, *, number: int, size: int) -> Sequence[Mapping[str, Any]]:
        if isinstance(self.ready_made, ProviderError):
            raise self.ready_made
        return self.ready_made[(number - 1) * size : number * size]

    def _outcome(self) -> ElementOutcome:
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0] if self.outcomes else Running()
        if isinstance(outcome, ProviderError):
            raise outcome
        return outcome

    def _task(self, outcome: ElementOutcome) -> ElementTask:
        return ElementTask(task_id="t", handle={"path": "/elements", "task_id": "t"}, outcome=outcome)
