"""Elements that a provider keeps: made for the jobs that describe them, or for a caller who holds them as long as he likes.

Equal descriptions share one; it is deleted when nobody uses it any more. An element's row says how far its making is and
who uses it. As with jobs, every change is data, applied in one conditional write, and raises the number that the next work
on it has to carry; every row falls due until it is gone, or is made and used by its caller alone.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, TypeVar

from klingway.domain.deliveries import ELEMENT_CALLBACK, ELEMENT_FAILED, ELEMENT_READY, Delivery, Target, deliveries_to
from klingway.domain.ids import ElementId, ProviderName, Tenant, new_element_id
from klingway.domain.job import JobElement, JobError, Origin
from klingway.domain.request import Element, Request
from klingway.domain.schedule import ELEMENT_SWEEP_S, PATIENCE_S

SomeRequest = TypeVar("SomeRequest", bound=Request)

ROW_PART: Final = "element"
"""The sort key of an element's row, by which the poller tells it from others."""

CALLER: Final = "caller"
"""Among an element's users: the caller who had it made for himself, until he deletes it."""


class ElementState(StrEnum):
    """Where an element is."""

    WANTED = "wanted"
    """A job needs it; the provider has not been asked, or has refused for now."""
    SUBMITTING = "submitting"
    """The provider is being asked, or its answer was lost."""
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"
    DELETING = "deleting"
    """Nobody uses it any more; whoever wants the same makes a new one."""

    @property
    def is_made(self) -> bool:
        """Whether its making has ended, well or not."""
        return self in {ElementState.READY, ElementState.FAILED}


CALLED_BACK: Final = {ElementState.READY: ELEMENT_READY, ElementState.FAILED: ELEMENT_FAILED}
"""The states of which its caller is called back, with the event's type."""

USABLE: Final = frozenset({ElementState.WANTED, ElementState.SUBMITTING, ElementState.RUNNING, ElementState.READY})
"""The states in which a further job can join."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptElement:
    """An element of ours at a provider."""

    id: ElementId
    """Also our reference at the provider."""
    tenant: Tenant
    provider: ProviderName
    account: str
    """Whose account at the provider."""
    digest: str
    """What equal descriptions have in common; see `digest_of`."""
    definition: Mapping[str, Any]
    """The description as the caller gave it, pictures that came inline stored."""
    public_url: str
    """The gateway's address, where the provider's callback comes back."""
    state: ElementState
    created_at: datetime
    updated_at: datetime
    due_at: int | None
    """Epoch seconds at which the poller takes it up; None while it is made and its caller alone holds it."""
    number: int = 0
    """What the next work on it must carry."""
    users: frozenset[str] = frozenset()
    """The jobs that use it, or wait for it; and `CALLER`."""
    handle: Mapping[str, Any] = field(default_factory=dict)
    """What finds its making again at the provider."""
    tries: int = 0
    """Times that the provider was asked to make it."""
    provider_id: str | None = None
    """The provider's own id of it, once it is made."""
    error: JobError | None = None
    deleting_since: datetime | None = None
    """When its deletion began."""
    element_number: int | None = None
    """The number by which its caller may call it as well, unique for the tenant; None: made for jobs alone."""
    origin: Origin | None = None
    """The dialect in which its caller had it made; None: in the canonical form, or made for jobs alone."""
    callback_url: str | None = None
    """Where its caller wants to be called back, in that dialect's form."""

    @property
    def is_held(self) -> bool:
        """Whether its caller holds it: it stays, whatever jobs do."""
        return CALLER in self.users


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiter:
    """A workflow's execution that waits for an element."""

    element_id: ElementId
    execution: str
    token: str = field(repr=False)
    """What the workflow is resumed with; a retry of its task brings a new one."""
    expires_at: int
    """Epoch seconds after which nobody waits any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementChange:
    """One conditional write to an element's row."""

    allowed_from: frozenset[ElementState]
    to_state: ElementState | None
    at: datetime
    due_at: datetime | None
    """None exactly where the element comes to rest."""
    expected_number: int | None = None
    if_users: frozenset[str] | None = None
    """Who has to be all that use it; None: whoever does."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """Attributes of `KeptElement`, by name."""

    def __post_init__(self) -> None:
        if self.due_at is None and self.if_users != frozenset({CALLER}):
            raise ValueError("a row falls due unless its caller alone holds what is made")


def wanted(
    definition: Mapping[str, Any],
    *,
    tenant: Tenant,
    provider: ProviderName,
    account: str,
    public_url: str,
    at: datetime,
    user: str,
) -> KeptElement:
    """Return a new element of a description, which the provider has not been asked for yet."""
    return KeptElement(
        id=new_element_id(at),
        tenant=tenant,
        provider=provider,
        account=account,
        digest=digest_of(tenant, provider, account, definition),
        definition=definition,
        public_url=public_url,
        state=ElementState.WANTED,
        created_at=at,
        updated_at=at,
        due_at=int(at.timestamp()) + PATIENCE_S,
        users=frozenset({user}),
    )


def digest_of(tenant: Tenant, provider: ProviderName, account: str, definition: Mapping[str, Any]) -> str:
    """Return the same text for the same description at the same account of the same tenant, and for no other."""
    told = json.dumps([tenant, provider, account, definition], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(told.encode()).hexdigest()


def described_in(request: Request) -> dict[int, Element]:
    """Return the elements that a request describes, rather than names by id, by their index."""
    return {index: element for index, element in enumerate(request.elements or []) if element.id is None}


def with_ids(request: SomeRequest, made: Sequence[JobElement]) -> SomeRequest:
    """Return the request with the provider's own ids in the place of the descriptions that were made."""
    if not made or request.elements is None:
        return request
    ids = {element.index: element.provider_id for element in made}
    elements = [
        Element(id=ids[index]) if ids.get(index) is not None else element
        for index, element in enumerate(request.elements)
    ]
    return request.model_copy(update={"elements": elements})


def begin(element: KeptElement, *, at: datetime, handle: Mapping[str, Any], due_at: datetime) -> ElementChange:
    """The provider is about to be asked; written before the call."""
    return ElementChange(
        allowed_from=frozenset({ElementState.WANTED}),
        to_state=ElementState.SUBMITTING,
        at=at,
        due_at=due_at,
        expected_number=element.number,
        values={"handle": handle, "tries": element.tries + 1},
    )


def put_back(element: KeptElement, *, at: datetime, after_s: float) -> ElementChange:
    """The provider refused for now, or has never heard of it: ask again later."""
    return _within(element, ElementState.SUBMITTING, ElementState.WANTED, at, after_s)


def accept(element: KeptElement, *, at: datetime, handle: Mapping[str, Any], after_s: float) -> ElementChange:
    """The provider is making it."""
    change = _within(element, ElementState.SUBMITTING, ElementState.RUNNING, at, after_s)
    return replace(change, expected_number=None, values={"handle": handle})


def wait(element: KeptElement, *, at: datetime, after_s: float) -> ElementChange:
    """Nothing new; look again."""
    return ElementChange(
        allowed_from=frozenset({element.state}),
        to_state=None,
        at=at,
        due_at=at + timedelta(seconds=after_s + PATIENCE_S),
        expected_number=element.number,
    )


def make_ready(*, at: datetime, provider_id: str) -> ElementChange:
    """It is made; whoever waits for it is told next."""
    return ElementChange(
        allowed_from=frozenset({ElementState.SUBMITTING, ElementState.RUNNING}),
        to_state=ElementState.READY,
        at=at,
        due_at=at + timedelta(seconds=PATIENCE_S),
        values={"provider_id": provider_id},
    )


def fail(element: KeptElement, *, at: datetime, error: JobError) -> ElementChange:
    """It cannot be made; whoever waits for it is told next."""
    return ElementChange(
        allowed_from=frozenset({element.state}),
        to_state=ElementState.FAILED,
        at=at,
        due_at=at + timedelta(seconds=PATIENCE_S),
        values={"error": error},
    )


def callbacks_about(element: KeptElement, *, at: datetime) -> Iterator[Delivery]:
    """Yield what its caller is to be told of an element that is made, or could not be: once, if he wants it and holds it.

    It has the same id whenever it is asked for, since the making of an element has one end.
    """
    event = CALLED_BACK.get(element.state)
    if event is not None and element.callback_url is not None and element.is_held:
        target = Target(ELEMENT_CALLBACK, element.callback_url, (event,))
        yield from deliveries_to([target], subject_id=element.id, sequence=1, event=event, at=at)


def begin_deleting(element: KeptElement, *, at: datetime) -> ElementChange:
    """Nobody uses it: from here on nobody can join, and it is deleted."""
    return ElementChange(
        allowed_from=frozenset({element.state}),
        to_state=ElementState.DELETING,
        at=at,
        due_at=at + timedelta(seconds=PATIENCE_S),
        if_users=frozenset(),
        values={"deleting_since": at},
    )


def rest(element: KeptElement, *, at: datetime) -> ElementChange:
    """Its caller alone holds it: there is nothing to look after until a job joins."""
    return ElementChange(
        allowed_from=frozenset({ElementState.READY}),
        to_state=None,
        at=at,
        due_at=None,
        expected_number=element.number,
        if_users=frozenset({CALLER}),
    )


def due_once_joined(at: datetime) -> int:
    """Return when an element at rest that a job joins is looked at, in epoch seconds: that job's release may be lost."""
    return int(at.timestamp()) + ELEMENT_SWEEP_S + PATIENCE_S


def due_once_let_go(at: datetime) -> int:
    """Return when an element at rest that its caller lets go is looked at, in epoch seconds: to be deleted."""
    return int(at.timestamp()) + PATIENCE_S


def _within(
    element: KeptElement, before: ElementState, after: ElementState, at: datetime, after_s: float
) -> ElementChange:
    return ElementChange(
        allowed_from=frozenset({before}),
        to_state=after,
        at=at,
        due_at=at + timedelta(seconds=after_s + PATIENCE_S),
        expected_number=element.number,
    )
