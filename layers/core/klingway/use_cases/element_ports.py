"""What the use cases need of the world for elements: where they are kept, and the workflow that waits for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from klingway.domain.elements import ElementChange, KeptElement, Waiter
    from klingway.domain.ids import ElementId, JobId, Tenant
    from klingway.domain.job import JobError
    from klingway.use_cases.ports import IdempotencyKey


class ElementChangeRefusedError(Exception):
    """An element was not in a state that a change may come from, or has moved on: somebody else was quicker."""


class ElementNumberTakenError(Exception):
    """The number of a new element was given out before: draw another."""


@dataclass(frozen=True, slots=True)
class ElementPage:
    """A part of a tenant's list, newest first."""

    elements: Sequence[KeptElement]
    next_after: ElementId | None
    """Where the next part goes on; None at the end."""


class ElementStore(Protocol):
    """Elements that are kept at providers, and who waits for them."""

    def claim(self, wanted: KeptElement, user: JobId) -> KeptElement:
        """Return the element that is made, or being made, of the same description, now used by a job too.

        Where there is none, or only one that failed or is being deleted, `wanted` is written and takes its place.

        Raises:
            BusyError: The table did not take it.
        """
        ...

    def join(self, element_id: ElementId, user: JobId, *, digest: str, at: datetime) -> KeptElement | None:
        """Return this very element, now used by a job too; one that was at rest falls due again from here on.

        None where it cannot be used (any more), or is not of this digest.
        """
        ...

    def create(self, element: KeptElement, key: IdempotencyKey | None) -> None:
        """Write an element that its caller holds, its number, external id, place in the list and key with it, all or nothing.

        Where no other element stands for its description, it does from here on.

        Raises:
            KeyTakenError: The key belongs to something already.
            ReferenceTakenError: The external id does.
            ElementNumberTakenError: The number does.
            BusyError: The table did not take it.
        """
        ...

    def let_go(self, element: KeptElement, *, at: datetime) -> KeptElement | None:
        """Take the caller off an element's users, and it off the list, and free its external id; its number stays taken.

        Returns the element as it is now, which falls due; None where there is none. Twice is no error.
        """
        ...

    def get(self, element_id: ElementId) -> KeptElement | None:
        """Return an element as it stands this moment."""
        ...

    def several(self, element_ids: Collection[ElementId]) -> Mapping[ElementId, KeptElement]:
        """Return elements as they stand this moment; what is gone is missing."""
        ...

    def numbered(self, tenant: Tenant, numbers: Collection[int]) -> Mapping[int, ElementId]:
        """Return which elements of a tenant numbers were given to, gone or not; numbers of nobody's are missing."""
        ...

    def page(self, tenant: Tenant, *, limit: int, after: ElementId | None = None, skipped: int = 0) -> ElementPage:
        """Return a part of what a tenant holds, newest first: what comes after an element, or after so many, or both."""
        ...

    def apply(self, element_id: ElementId, change: ElementChange) -> KeptElement:
        """Change an element's row in one conditional write; return the element as it is now.

        Raises:
            ElementChangeRefusedError: The change does not fit what the element is by now.
        """
        ...

    def release(self, element_id: ElementId, user: JobId) -> KeptElement | None:
        """Take a job off an element's users; return the element as it is now, None where there is none."""
        ...

    def remove(self, element: KeptElement) -> None:
        """Forget an element; whatever was given out for it but its number is free again."""
        ...

    def add_waiter(self, waiter: Waiter) -> None:
        """Write who waits; an execution's earlier token for the same element is replaced."""
        ...

    def waiters(self, element_id: ElementId) -> Sequence[Waiter]:
        """Return who waits for an element."""
        ...

    def remove_waiter(self, waiter: Waiter) -> None:
        """Forget a waiter that was told, unless it waits anew."""
        ...


class Workflow(Protocol):
    """The workflow that makes elements and then has the job submitted."""

    def start(self, execution: str, *, job_id: JobId, elements: Sequence[ElementId]) -> None:
        """Start an execution; one of this name that was started before, ended or not, is left alone."""
        ...

    def resume(self, token: str, element_id: ElementId, error: JobError | None) -> None:
        """Tell a waiting execution that its element is made, or why not; one that waits no more is left alone."""
        ...
