"""Elements in memory, a registry that does as it is told, and a workflow that remembers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from klingway.domain.elements import USABLE, ElementChange, KeptElement, Waiter
from klingway.domain.ids import ElementId, JobId
from klingway.domain.job import JobError
from klingway.domain.request import Element
from klingway.providers.contract import ElementOutcome, ElementTask, ProviderError, Running, WireRequest
from klingway.use_cases.ports import ElementChangeRefusedError


class InMemoryElements:
    def __init__(self) -> None:
        self.rows: dict[ElementId, KeptElement] = {}
        self.aliases: dict[str, ElementId] = {}
        self.waiting: dict[tuple[ElementId, str], Waiter] = {}
        self.history: list[KeptElement] = []
        """Each element as it stood after each write."""

    def claim(self, wanted: KeptElement, user: JobId) -> KeptElement:
        known = self.rows.get(self.aliases.get(wanted.digest, ElementId("")))
        if known is not None and known.state in USABLE:
            return self._written(replace(known, users=known.users | {user}))
        self.aliases[wanted.digest] = wanted.id
        return self._written(wanted)

    def _written(self, element: KeptElement) -> KeptElement:
        self.rows[element.id] = element
        self.history.append(element)
        return element

    def get(self, element_id: ElementId) -> KeptElement | None:
        return self.rows.get(element_id)

    def apply(self, element_id: ElementId, change: ElementChange) -> KeptElement:
        element = self.rows.get(element_id)
        fits = (
            element is not None
            and element.state in change.allowed_from
            and change.expected_number in {None, element.number}
            and not (change.if_unused and element.users)
        )
        if element is None or not fits:
            raise ElementChangeRefusedError(element_id)
        return self._written(
            replace(
                element,
                state=change.to_state or element.state,
                updated_at=change.at,
                due_at=int(change.due_at.timestamp()),
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
        self.rows.pop(element.id, None)

    def add_waiter(self, waiter: Waiter) -> None:
        self.waiting[waiter.element_id, waiter.execution] = waiter

    def waiters(self, element_id: ElementId) -> Sequence[Waiter]:
        return [waiter for waiter in self.waiting.values() if waiter.element_id == element_id]

    def remove_waiter(self, waiter: Waiter) -> None:
        if self.waiting.get((waiter.element_id, waiter.execution)) == waiter:
            del self.waiting[waiter.element_id, waiter.execution]


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

    def _outcome(self) -> ElementOutcome:
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0] if self.outcomes else Running()
        if isinstance(outcome, ProviderError):
            raise outcome
        return outcome

    def _task(self, outcome: ElementOutcome) -> ElementTask:
        return ElementTask(task_id="t", handle={"path": "/elements", "task_id": "t"}, outcome=outcome)
