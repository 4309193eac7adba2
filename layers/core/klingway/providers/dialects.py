"""What every dialect offers: a provider's own API, spoken to callers, whichever provider does the work.

A dialect is pure. It reads that service's requests into the canonical form, and says jobs, elements and errors in that
service's words. What it says of its own fields (types, limits, what excludes what, what is ignored) stands in its
`schema`; everything else is found wrong by the canonical rules and the profiles, and told in its names.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from klingway.domain.elements import KeptElement
    from klingway.domain.errors import GatewayError
    from klingway.domain.ids import Kind
    from klingway.domain.job import Job


class Action(Enum):
    """What an endpoint does."""

    CREATE = auto()
    READ = auto()
    LIST = auto()
    CONTENT = auto()
    """Gives the film itself."""
    CREATE_ELEMENT = auto()
    READ_ELEMENT = auto()
    LIST_ELEMENTS = auto()
    LIST_PRESETS = auto()
    DELETE_ELEMENT = auto()


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of one path."""

    method: str
    path: str
    """Behind the dialect's prefix: `/v1/videos/omni-video/{id}`, of which `{id}` stands for a name."""
    action: Action
    product: str
    """What is made or asked for here: `omni-video`. A task is known at the endpoints of its own product."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Translated:
    """A create in the canonical form."""

    kind: Kind
    body: Mapping[str, Any]
    """The body of `POST /v1/videos`, or of `/v1/images`: what was given, and those defaults that differ from the canonical."""
    places: Mapping[str, str] = field(default_factory=dict)
    """The caller's name of each canonical place that has another here; see `their_place`."""
    external_id: str | None = None
    """The caller's own id of it."""
    callback_url: str | None = None
    """Where the caller wants to be called back, in this dialect's form."""
    warnings: tuple[str, ...] = ()
    """What was ignored, and why: `audio: ignored with video_list`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslatedElement:
    """A create of an element in the canonical form."""

    definition: Mapping[str, Any]
    """One of `elements[]`: name, description, images or video, voice_id, tags."""
    places: Mapping[str, str] = field(default_factory=dict)
    """As in `Translated`, of the places within the definition: `images[0]`."""
    external_id: str | None = None
    callback_url: str | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownJob:
    """A job with what a caller can open of it."""

    job: Job
    request: Mapping[str, Any]
    """The canonical one, as it was accepted."""
    links: Mapping[str, str] = field(default_factory=dict)
    """By file name: addresses that need no key."""
    links_end_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """An answer."""

    status: int
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of a numbered list is asked for."""

    skipped: int
    limit: int


class ElementDialect(Protocol):
    """What a dialect says of elements, where its service keeps them."""

    def translate(self, body: Mapping[str, Any]) -> TranslatedElement:
        """Read a create.

        Raises:
            InvalidRequestError: With every problem, each at the caller's own place.
        """
        ...

    def element_id(self, body: Mapping[str, Any]) -> str:
        """Return the number, as text, of the element that a body asks to delete.

        Raises:
            InvalidRequestError: It has none.
        """
        ...

    def accepted(self, element: KeptElement) -> Said:
        """Answer a create."""
        ...

    def show(self, element: KeptElement) -> Said:
        """Answer a query."""
        ...

    def part(self, query: Mapping[str, str]) -> Part:
        """Read which part of a list is asked for.

        Raises:
            InvalidRequestError: It cannot be read.
        """
        ...

    def show_many(self, elements: Sequence[KeptElement]) -> Said:
        """Answer a list."""
        ...

    def presets(self, entries: Sequence[Mapping[str, Any]]) -> Said:
        """Answer the list of ready-made elements, whose entries are the provider's own."""
        ...

    def deleted(self, element_id: str) -> Said:
        """Answer a deletion."""
        ...

    def callback(self, element: KeptElement) -> Mapping[str, Any]:
        """Return what the caller's own callback address is told of an element that was made, or not."""
        ...


class ListDialect(Protocol):
    """What a dialect says of lists of jobs, where its service has them."""

    def part(self, query: Mapping[str, str]) -> Part:
        """Read which part of a list is asked for.

        Raises:
            InvalidRequestError: It cannot be read.
        """
        ...

    def show_many(self, shown: Sequence[ShownJob]) -> Said:
        """Answer a list."""
        ...


class Dialect(Protocol):
    """One service's API."""

    @property
    def endpoints(self) -> Sequence[Endpoint]:
        """Return every endpoint."""
        ...

    @property
    def link_life_s(self) -> int | None:
        """How long that service promises results to live; None where it promises nothing."""
        ...

    @property
    def takes_signed_tokens(self) -> bool:
        """Whether a key may come as a token signed with an access/secret pair, besides a bearer key."""
        ...

    @property
    def elements(self) -> ElementDialect | None:
        """What it says of elements; None where it keeps none."""
        ...

    @property
    def lists(self) -> ListDialect | None:
        """What it says of lists of jobs; None where it has none."""
        ...

    def translate(self, product: str, body: Mapping[str, Any]) -> Translated:
        """Read a create of a product. Empty texts and lists mean that nothing was given.

        Raises:
            InvalidRequestError: With every problem that the service's own document sees in its fields, at the caller's place.
        """
        ...

    def accepted(self, shown: ShownJob) -> Said:
        """Answer a create."""
        ...

    def show(self, endpoint: Endpoint, shown: ShownJob) -> Said:
        """Answer a query of one job."""
        ...

    def refusal(self, error: GatewayError, *, endpoint: Endpoint | None, request_id: str) -> Said:
        """Say any error of the gateway, a provider's refusal included (`ProviderRefusalError`, whose code is the job's).

        Args:
            error: What went wrong.
            endpoint: Which was asked; None where there is no such endpoint.
            request_id: Of this request.
        """
        ...

    def callback(self, shown: ShownJob) -> Mapping[str, Any] | None:
        """Return what the caller's own callback address is told of a job's end; None where this service calls nobody."""
        ...
