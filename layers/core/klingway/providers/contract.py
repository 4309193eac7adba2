"""What every provider module offers, and the words in which it speaks.

A provider is stateless: it renders a request into that host's own (pure), and makes calls through the port `Http` with
credentials that it is given. It never waits and never retries a creating call; that is the use cases' business.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from klingway.domain.capabilities import ProviderProfile
    from klingway.domain.job import JobError
    from klingway.domain.request import AnyRequest, Element


@dataclass(frozen=True, slots=True)
class WireRequest:
    """A request in a provider's own words."""

    path: str
    body: Mapping[str, Any]
    handle: Mapping[str, Any]
    """What finds the task again, as far as it is known before the call; small and JSON."""


@dataclass(frozen=True, slots=True)
class Media:
    """A file that a provider has made and we have to fetch."""

    url: str
    role: str
    """`video`, `image` or `watermarked`."""
    number: int | None = None
    """Its place among several of one role, from 1; None for the only one."""

    @property
    def stem(self) -> str:
        """The name of its file, without an ending: `video`, `image_1`."""
        return self.role if self.number is None else f"{self.role}_{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """The task has not ended."""

    unknown_status: str | None = None
    """A status word that is in no document: not a failure, but counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Succeeded:
    """The task has ended well."""

    media: tuple[Media, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The task has ended without a result."""

    error: JobError


Outcome = Running | Succeeded | Failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A provider's record of an attempt."""

    task_id: str
    handle: Mapping[str, Any]
    outcome: Outcome
    created_at: datetime | None = None
    """As the provider says it."""
    reference: str | None = None
    """Our reference, where the provider echoes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """An element that the provider has made and keeps."""

    element_id: str
    """The provider's own id of it, as text."""


ElementOutcome = Running | Made | Failed


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementTask:
    """A provider's record of the making of an element."""

    task_id: str
    handle: Mapping[str, Any]
    outcome: ElementOutcome


class Created(StrEnum):
    """Whether a failed call may have created a task."""

    NO = "no"
    MAYBE = "maybe"


class ProviderError(Exception):
    """A call to a provider failed."""

    def __init__(
        self,
        error: JobError,
        *,
        created: Created,
        retry_after_s: float | None = None,
        already_exists: bool = False,
    ) -> None:
        super().__init__(f"{error.code}: {error.message}")
        self.error = error
        self.created = created
        self.retry_after_s = retry_after_s
        self.already_exists = already_exists
        """The provider has a task under our reference already: adopt it."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


class NotSentError(Exception):
    """No connection came about: the other side has seen nothing of the call."""


class AnswerLostError(Exception):
    """The call went out, and its answer did not come back whole."""


class Http(Protocol):
    """Calls to a configured host."""

    def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        json: Mapping[str, Any] | None = None,
        timeout_s: float,
        fresh_connection: bool = False,
    ) -> HttpAnswer:
        """Make one call; redirects are not followed.

        Args:
            method: GET or POST.
            url: Where to, built from configuration alone.
            headers: May carry credentials.
            json: The body.
            timeout_s: For the body from the call's beginning on, and for each silence before it.
            fresh_connection: Whether a kept connection will not do, since it may be dead.

        Raises:
            NotSentError: Nothing was sent.
            AnswerLostError: Something was.
        """
        ...


@dataclass(frozen=True, slots=True)
class Credentials:
    """A provider's secret, as its JSON says it; `repr` shows none of it."""

    values: Mapping[str, str] = field(repr=False)


class CredentialSource(Protocol):
    """Where a provider's credentials come from."""

    def get(self, *, fresh: bool = False) -> Credentials | None:
        """Return the credentials, None where none were set; `fresh` asks the secret store again."""
        ...


class ElementRegistry(Protocol):
    """The elements that a provider keeps: made first, then named in requests by their id."""

    def render(self, definition: Element, *, reference: str, callback_url: str | None) -> WireRequest:
        """Say an element's definition in the provider's words; pure."""
        ...

    def create(self, wire: WireRequest, *, timeout_s: float) -> ElementTask:
        """Have an element made.

        Raises:
            ProviderError: `created` says whether a task may exist.
        """
        ...

    def check(self, handle: Mapping[str, Any]) -> ElementTask:
        """Ask how the making of an element stands.

        Raises:
            ProviderError: It could not be learnt; ask again later.
        """
        ...

    def find(self, handle: Mapping[str, Any], reference: str) -> ElementTask | None:
        """Ask for the making of an element by our reference; None where the provider does not know it.

        Raises:
            ProviderError: It could not be learnt.
        """
        ...

    def delete(self, element_id: str) -> None:
        """Delete an element; one that is gone already is no error.

        Raises:
            ProviderError: It could not be deleted; try again later, if the error is retryable.
        """
        ...

    def presets(self, *, number: int, size: int) -> Sequence[Mapping[str, Any]]:
        """Return a page of the provider's ready-made elements, in its own words; pages are counted from 1.

        Raises:
            ProviderError: They could not be learnt.
        """
        ...


class Provider(Protocol):
    """One host that runs Kling models."""

    @property
    def profile(self) -> ProviderProfile:
        """What it can do."""
        ...

    @property
    def has_credential(self) -> bool:
        """Whether a credential is known; one that was set a moment ago may not be yet. Cheap, unlike `account`."""
        ...

    @property
    def account(self) -> str | None:
        """Who calls are made as, in a form that tells accounts apart and no key; None where no credential was set."""
        ...

    @property
    def elements(self) -> ElementRegistry | None:
        """Its registry of elements; None where elements go into the request as they are described."""
        ...

    def render(self, request: AnyRequest, *, reference: str, callback_url: str | None) -> WireRequest:
        """Say a request in the provider's words; pure. The request must have passed the profile.

        Where the provider has a registry, each element comes with its id there.
        """
        ...

    def submit(self, wire: WireRequest, *, timeout_s: float) -> Task:
        """Create the task; called once for each attempt that may have been created.

        Raises:
            ProviderError: `created` says whether a task may exist.
        """
        ...

    def check(self, handle: Mapping[str, Any]) -> Task:
        """Ask how a task stands.

        Raises:
            ProviderError: It could not be learnt; ask again later.
        """
        ...

    def find(self, handle: Mapping[str, Any], reference: str) -> Task | None:
        """Ask for a task by our reference; None where the provider does not know it.

        Raises:
            ProviderError: It could not be learnt.
        """
        ...

    def handle_for(self, handle: Mapping[str, Any], task_id: str) -> Mapping[str, Any]:
        """Return the handle of a task id that a callback claims, given the handle from before the call."""
        ...
