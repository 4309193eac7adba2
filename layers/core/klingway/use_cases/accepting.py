"""What everything that is accepted goes through, a job or an element: its media, and who may do it."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from klingway.domain import inputs
from klingway.domain.errors import InvalidRequestError, Problem, TooLargeError, expect_none
from klingway.domain.ids import ProviderName, Tenant
from klingway.domain.request import AUTO, AnyRequest, Request
from klingway.use_cases.ports import MediaBucket, Providers

SomeRequest = TypeVar("SomeRequest", bound=Request)


def media_in(body: Mapping[str, Any], *, bucket: str, tenant: Tenant) -> tuple[list[inputs.InlineImage], list[Problem]]:
    """Return the pictures that stand in a body, and what is wrong with its addresses."""
    pictures: list[inputs.InlineImage] = []
    problems: list[Problem] = []
    for place, text in inputs.media_places(body).items():
        found = inputs.inline_image(place, text) if inputs.is_picture(place) else None
        if isinstance(found, inputs.InlineImage):
            pictures.append(found)
        elif problem := found or inputs.address_problem(place, text, bucket=bucket, tenant=tenant):
            problems.append(problem)
    return pictures, problems


def expect_sound(problems: Sequence[Problem], pictures: Sequence[inputs.InlineImage]) -> None:
    """Refuse what has problems, and what carries too much.

    Raises:
        InvalidRequestError: There are problems; it has them all.
        TooLargeError: It carries more inline than can be taken.
    """
    expect_none(problems)
    if sum(len(picture.data) for picture in pictures) > inputs.MAX_INLINE_BYTES:
        limit = inputs.MAX_INLINE_BYTES // 1024**2
        raise TooLargeError(
            f"At most {limit} MB of pictures can stand in a request; put larger ones at an https:// address."
        )
    if len(pictures) > inputs.MAX_INLINE_PICTURES:
        raise TooLargeError(f"At most {inputs.MAX_INLINE_PICTURES} pictures can stand in a request.")


def with_stored(
    bucket: MediaBucket, tenant: Tenant, request: SomeRequest, pictures: Sequence[inputs.InlineImage]
) -> SomeRequest:
    """Store pictures that stand in a request, and return it with their addresses in their places."""
    addresses: dict[str, str] = {}
    for picture in pictures:
        key = inputs.stored_key(picture, tenant)
        bucket.store(key, iter([picture.data]), content_type=picture.content_type)
        addresses[picture.place] = inputs.stored_address(picture, tenant, bucket.name)
    return inputs.with_addresses(request, addresses) if addresses else request


def configured(providers: Providers, request: AnyRequest, owners: Sequence[ProviderName] = ()) -> list[ProviderName]:
    """Return the providers with a credential, of those that a request may go to, or has something of (`owners`).

    One that has none is looked at anew only where the request depends on it: it may have been set a moment ago.
    """
    named = [name for name in providers.names() if name in (request.provider or ())]
    is_open = not named or AUTO in (request.provider or ())
    candidates = [name for name in providers.names() if is_open or name in named or name in owners]
    known = {name for name in candidates if providers.get(name).has_credential}
    needed = set(named) - known if known else set(candidates)
    return [
        name for name in candidates if name in known or (name in needed and providers.get(name).account is not None)
    ]


def key_of_deleted_job() -> InvalidRequestError:
    """Return the error of an idempotency key whose job was made, and deleted since."""
    message = "the job of this Idempotency-Key was deleted; use a new key to ask for it anew."
    problem = Problem(field="Idempotency-Key", code="deleted", message=message)
    return InvalidRequestError("The idempotency key belongs to a job that was deleted.", [problem])


def key_of_another_request() -> InvalidRequestError:
    """Return the error of an idempotency key that was used before, for something else."""
    message = "this Idempotency-Key was used for a request with another body; use a new key for a new request."
    problem = Problem(field="Idempotency-Key", code="reused", message=message)
    return InvalidRequestError("The idempotency key belongs to another request.", [problem])
