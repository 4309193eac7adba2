"""Elements that callers keep: made at once, shown, listed, and deleted when their caller says so and no job uses them.

An element is made at a provider that keeps elements. Where the chosen one keeps none, it is a description that the gateway
keeps, ready at once: any provider that takes descriptions can use it.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final

from klingway.domain import elements
from klingway.domain.elements import CALLER, ElementState, KeptElement
from klingway.domain.errors import (
    AlreadyExistsError,
    InvalidRequestError,
    NotFoundError,
    Problem,
    ProviderRefusalError,
    UnavailableError,
)
from klingway.domain.ids import ElementId, ProviderName, Tenant, element_number_in, is_element_id, new_element_number
from klingway.domain.job import Origin
from klingway.domain.request import AUTO
from klingway.domain.work import Work, WorkKind
from klingway.observability import logger
from klingway.providers.contract import ProviderError
from klingway.use_cases import accepting
from klingway.use_cases.define_element import keeps_elements, sound_definition
from klingway.use_cases.element_ports import (
    ElementChangeRefusedError,
    ElementNumberTakenError,
    ElementPage,
    ElementStore,
)
from klingway.use_cases.make_element import MakeElement
from klingway.use_cases.ports import (
    BusyError,
    IdempotencyKey,
    JobStore,
    KeyTakenError,
    MediaBucket,
    Now,
    Providers,
    ReferenceTakenError,
)

_NUMBERS_DRAWN: Final = 5
"""Before it is given up: of eight million billions, not even one is taken as a rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepElements:
    """Keeps elements."""

    make: MakeElement
    jobs: JobStore
    """External ids and idempotency keys are those of jobs and elements alike."""
    bucket: MediaBucket
    providers: Providers
    trusted_webhook_origins: Sequence[str] = ()
    """Origins that callers may be called back at although they are not public."""

    @property
    def _elements(self) -> ElementStore:
        return self.make.chain.elements

    @property
    def _now(self) -> Now:
        return self.make.chain.now

    def create(
        self,
        tenant: Tenant,
        definition: Mapping[str, Any],
        *,
        provider: object = None,
        public_url: str,
        key: IdempotencyKey | None = None,
        origin: Origin | None = None,
        callback_url: str | None = None,
    ) -> KeptElement:
        """Have an element made.

        An equal description that is there already is no reason to share its element: each has an id, an external id and a
        life of its own, as it would at the provider. A job that describes the same joins one of them all the same.

        Args:
            tenant: Whose it becomes.
            definition: Name, description, images or video, voice_id and tags, as in `elements[]` of a request; any object.
            provider: As in a request: a name, a list of names in order, or `auto`, which prefers who keeps elements.
            public_url: Where providers' callbacks reach this gateway.
            key: Under which the same request makes no second element.
            origin: The dialect in which it was asked for, where that is not the canonical form.
            callback_url: Where the caller wants to be called back once it is made, or could not be, unless he has deleted it.

        Returns:
            The element as it stands once the provider was asked, or as it stands by now under this key.

        Raises:
            InvalidRequestError: With every problem, at the places of the definition (`name`, `images[0]`), or at `provider`
                and `callback_url`.
            AlreadyExistsError: The origin's external id belongs to something already.
            TooLargeError: It carries more inline than can be taken.
            UnavailableError: Nothing was accepted; try again.
        """
        if key is not None:  # what makes an element is not what makes a job, were it the same body
            key = replace(key, fingerprint=f"element:{key.fingerprint}")
        try:
            sound = sound_definition(
                definition,
                tenant=tenant,
                provider=provider,
                callback_url=callback_url,
                providers=self.providers,
                bucket=self.bucket,
                trusted_webhook_origins=self.trusted_webhook_origins,
            )
        except InvalidRequestError:
            # What was accepted stays accepted, even if it would be refused today.
            if key is not None and (taken := self.jobs.taken_by(key)) is not None:
                return self._replay(taken, key)
            raise
        account = self.providers.get(sound.provider).account
        if account is None:
            raise UnavailableError(f"{sound.provider} has no credential at the moment; nothing was accepted.")
        stored = accepting.with_stored(self.bucket, tenant, sound.request, sound.pictures)
        wanted = elements.wanted(
            stored.model_dump(mode="json", exclude_unset=True)["elements"][0],
            tenant=tenant,
            provider=sound.provider,
            account=account,
            public_url=public_url,
            at=self._now(),
            user=CALLER,
        )
        wanted = replace(wanted, origin=origin, callback_url=callback_url)
        if not keeps_elements(self.providers, sound.provider):
            wanted = replace(wanted, state=ElementState.READY, due_at=wanted.due_at if callback_url else None)
        try:
            element = self._written(wanted, key)
        except KeyTakenError as taken:
            return self._replay(taken, key)
        except ReferenceTakenError as taken:
            raise AlreadyExistsError(taken.external_id) from taken
        except BusyError as error:
            raise UnavailableError("The table is busy; nothing was accepted. Try again.") from error
        return element if element.due_at is None else self._begun(element)

    def one(self, tenant: Tenant, name: str, *, dialect: ProviderName | None = None) -> KeptElement:
        """Return an element that its caller holds.

        Args:
            tenant: Whose.
            name: Its id; besides, its external id in a dialect, its number in the canonical form.
            dialect: In which it is asked for; None: the canonical form.

        Raises:
            NotFoundError: There is none, or it is another tenant's, or was deleted; the answer is the same.
        """
        element_id: ElementId | None = None
        if is_element_id(name):
            element_id = ElementId(name)
        elif dialect is not None:
            named = self.jobs.named(tenant, dialect, name)
            element_id = ElementId(named) if named is not None and is_element_id(named) else None
        elif (number := element_number_in(name)) is not None:
            element_id = self._elements.numbered(tenant, {number}).get(number)
        return self._held(tenant, name, element_id)

    def many(self, tenant: Tenant, *, skipped: int, limit: int) -> Sequence[KeptElement]:
        """Return a part of a numbered list of what a tenant holds, newest first."""
        return self._elements.page(tenant, limit=limit, skipped=skipped).elements

    def page(self, tenant: Tenant, *, limit: int, after: ElementId | None) -> ElementPage:
        """Return a part of what a tenant holds, newest first, and where the next part goes on."""
        return self._elements.page(tenant, limit=limit, after=after)

    def presets(self, provider: str | Sequence[str] | None, *, number: int, size: int) -> Sequence[Mapping[str, Any]]:
        """Return a page of ready-made elements in the words of the provider that has them: the first that keeps elements.

        Args:
            provider: As in a request.
            number: Of the page, from 1.
            size: Of a page.

        Raises:
            InvalidRequestError: None of these providers keeps elements.
            ProviderRefusalError: It could not be asked, or has refused.
        """
        names = self.providers.names()
        given = [provider] if isinstance(provider, str) else provider or []
        asked = [ProviderName(name) for name in given if name != AUTO] or list(names)
        known = [name for name in names if keeps_elements(self.providers, name)]
        able = sorted(
            (name for name in asked if name in known), key=lambda name: not self.providers.get(name).has_credential
        )
        registry = self.providers.get(able[0]).elements if able else None
        if registry is None:
            message = f"{', '.join(asked)} keeps no elements; {', '.join(known) or 'no provider of this gateway'} does."
            problem = Problem(field="provider", code="unsupported", message=message, limit=known)
            raise InvalidRequestError("There is no list of ready-made elements.", [problem])
        try:
            return registry.presets(number=number, size=size)
        except ProviderError as error:
            raise ProviderRefusalError(error.error.code, error.error.message) from error

    def delete(self, tenant: Tenant, name: str) -> KeptElement:
        """Let go of an element by its id or its number; return it as it was.

        It is deleted at its provider as soon as no job uses it any more; nobody can name it from here on.

        Raises:
            NotFoundError: There is none, or it is another tenant's, or was deleted before.
        """
        element = self.one(tenant, name)
        left = self._elements.let_go(element, at=self._now())
        if left is not None and left.state.is_made:
            change = elements.begin_deleting(left, at=self._now())
            with suppress(ElementChangeRefusedError):  # a job uses it, or somebody else deletes it
                self.make.chain.go_on(left, change, delay_s=0)
        return element

    def _held(self, tenant: Tenant, name: str, element_id: ElementId | None) -> KeptElement:
        element = None if element_id is None else self._elements.get(element_id)
        if element is None or element.tenant != tenant or not element.is_held:
            raise NotFoundError(f"There is no element {name[:64]!r}.")
        return element

    def _written(self, wanted: KeptElement, key: IdempotencyKey | None) -> KeptElement:
        for _ in range(_NUMBERS_DRAWN):
            element = replace(wanted, element_number=new_element_number())
            with suppress(ElementNumberTakenError):
                self._elements.create(element, key)
                return element
        raise BusyError("no number was free")

    def _begun(self, element: KeptElement) -> KeptElement:
        """Do what comes next. The element is accepted whatever happens from here on: its row falls due."""
        try:
            return self._next(element)
        except Exception as error:  # noqa: BLE001 - of whatever kind: the element is written
            # The kind alone: an error's words may repeat the description.
            logger().error("making interrupted", extra={"element_id": element.id, "error": type(error).__name__})
        with suppress(Exception):  # as it stands by now, if that can be read
            return self._elements.get(element.id) or element
        return element

    def _next(self, element: KeptElement) -> KeptElement:
        """Ask the provider; of one that is ready already, have its caller called back."""
        if element.state is ElementState.WANTED:
            return self.make.run(element)
        self.make.chain.queue.send(Work(kind=WorkKind.ELEMENT, id=element.id, number=element.number))
        return element

    def _replay(self, taken: KeyTakenError, key: IdempotencyKey | None) -> KeptElement:
        if key is None or taken.fingerprint != key.fingerprint:
            raise accepting.key_of_another_request()
        element = self._elements.get(ElementId(taken.job_id))
        if element is None or not element.is_held:
            message = (
                f"the element of this Idempotency-Key, {taken.job_id}, was deleted; use a new key for a new element."
            )
            problem = Problem(field="Idempotency-Key", code="reused", message=message)
            raise InvalidRequestError("The idempotency key belongs to an element that was deleted.", [problem])
        return element
