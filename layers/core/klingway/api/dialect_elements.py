"""Elements, made, read and deleted in a dialect whose service keeps them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from klingway.api.conversation import PROVIDER_HEADER, Conversation, Reply, reply, warned
from klingway.domain.elements import ElementState
from klingway.domain.errors import InvalidRequestError, NotFoundError, ProviderRefusalError
from klingway.providers.spoken import with_their_places

if TYPE_CHECKING:
    from klingway.domain.elements import KeptElement
    from klingway.providers.dialects import ElementDialect


def _words(asked: Conversation) -> ElementDialect:
    """Return what the dialect says of elements: it has an endpoint of theirs, so it says something."""
    words = asked.dialect.elements
    if words is None:
        raise TypeError(f"{asked.name} has endpoints of elements and no words for them")
    return words


def create(asked: Conversation) -> Reply:
    """Have an element made; one that its provider refuses at once is answered as that service would."""
    body = asked.body()
    words = _words(asked)
    translated = words.translate(body)
    asked.expect_good_ways(translated.callback_url, translated.external_id)
    keep = asked.services.keep_elements
    try:
        element = keep.create(
            asked.tenant,
            translated.definition,
            provider=asked.providers(),
            public_url=asked.call.public_url,
            key=asked.key(body),
            origin=asked.origin(translated.external_id),
            callback_url=translated.callback_url,
        )
    except InvalidRequestError as error:
        raise with_their_places(error, {"provider": PROVIDER_HEADER, **translated.places}) from error
    if element.state is ElementState.FAILED and element.error is not None:
        keep.delete(asked.tenant, element.id)  # its external id can be used again, and nobody is called back
        raise ProviderRefusalError(element.error.code, element.error.message)
    return reply(words.accepted(element), warned(translated.warnings))


def read(asked: Conversation) -> Reply:
    """Show an element that was made in this dialect."""
    try:
        element = asked.services.keep_elements.one(asked.tenant, asked.asked_for, dialect=asked.name)
    except NotFoundError as error:
        raise NotFoundError(error.detail, asked=asked.asked_for) from error
    if not _is_known_here(asked, element):
        raise NotFoundError(f"There is no task {asked.asked_for[:64]!r}.", asked=asked.asked_for)
    return reply(_words(asked).show(element))


def _is_known_here(asked: Conversation, element: KeptElement) -> bool:
    return element.origin is not None and element.origin.dialect == asked.name


def many(asked: Conversation) -> Reply:
    """Show a part of what the tenant holds, in whichever dialect it was made."""
    part = _words(asked).part(asked.call.query)
    held = asked.services.keep_elements.many(asked.tenant, skipped=part.skipped, limit=part.limit)
    return reply(_words(asked).show_many(held))


def presets(asked: Conversation) -> Reply:
    """Show a page of the provider's own elements."""
    part = _words(asked).part(asked.call.query)
    number = part.skipped // part.limit + 1
    entries = asked.services.keep_elements.presets(asked.providers(), number=number, size=part.limit)
    return reply(_words(asked).presets(entries))


def delete(asked: Conversation) -> Reply:
    """Let go of an element by the number that names it in requests."""
    words = _words(asked)
    number = words.element_id(asked.body())
    asked.services.keep_elements.delete(asked.tenant, number)
    return reply(words.deleted(number))
