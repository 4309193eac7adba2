"""Read the description of an element that is to be kept: by the rules of requests, and by what its provider takes.

What a provider takes is what its default model does, which at each is the one that takes most.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from klingway.domain.addresses import webhook_problem
from klingway.domain.errors import Problem
from klingway.domain.ids import ProviderName, Tenant
from klingway.domain.inputs import InlineImage
from klingway.domain.request import AUTO, AnyRequest
from klingway.domain.routing import Route, choose_route
from klingway.domain.validation import read_request, unwritable
from klingway.use_cases import accepting
from klingway.use_cases.ports import MediaBucket, Providers

_PLACE: Final = "elements[0]"
"""Where a description stands in the request that is made around it, so that whatever holds for requests holds for it."""


class SoundDefinition(NamedTuple):
    """A description that can be accepted."""

    request: AnyRequest
    """One that has it as its only element."""
    pictures: list[InlineImage]
    provider: ProviderName


def sound_definition(
    definition: Mapping[str, Any],
    *,
    tenant: Tenant,
    provider: object,
    callback_url: str | None,
    providers: Providers,
    bucket: MediaBucket,
    trusted_webhook_origins: Sequence[str],
) -> SoundDefinition:
    """Read a description and choose its provider; see `KeepElements.create`.

    Raises:
        InvalidRequestError: With every problem, at the places of the description, `provider` and `callback_url`.
        TooLargeError: It carries more inline than can be taken.
    """
    problems = [problem for name, value in definition.items() if (problem := unwritable(name, value)) is not None]
    if "id" in definition:
        message = "id cannot be given: the element is yet to be made, and gets one; describe it."
        problems.append(Problem(field="id", code="excluded", message=message))
    unsound = {problem.field for problem in problems}
    described = {name: value for name, value in definition.items() if name not in unsound}
    body = {"prompt": "<<<element_1>>>", "elements": [described]} | ({} if provider is None else {"provider": provider})
    request, wrong, broken = read_request("video", body)
    pictures, wrong_media = accepting.media_in(body, bucket=bucket.name, tenant=tenant)
    profiles = {name: providers.get(name).profile for name in providers.names()}
    route, unable = choose_route(request, profiles, accepting.configured(providers, request), broken)
    reported = {problem.field for problem in wrong}
    wrong += wrong_media + [problem for problem in unable if problem.field not in reported]
    problems += [_relative(problem) for problem in wrong]
    problems += _callback_problems(callback_url, trusted_webhook_origins)
    accepting.expect_sound(problems, pictures)
    return SoundDefinition(request, pictures, _chosen(request, route, providers))


def keeps_elements(providers: Providers, name: ProviderName) -> bool:
    """Tell whether a provider has a registry of elements."""
    return providers.get(name).elements is not None


def _chosen(request: AnyRequest, route: Route, providers: Providers) -> ProviderName:
    """Return who makes the element: whom its caller names first, else the first that keeps elements."""
    able = [ProviderName(name) for name in route.providers]
    if request.provider in (None, [AUTO]):
        return next((name for name in able if keeps_elements(providers, name)), able[0])
    return able[0]


def _relative(problem: Problem) -> Problem:
    """Return a problem at its place within the description."""
    if problem.field == _PLACE:
        return replace(
            problem, field="images", message="an element is made from images or from a video: give one of them."
        )
    within = f"{_PLACE}."
    return replace(problem, field=problem.field.removeprefix(within), message=problem.message.replace(within, ""))


def _callback_problems(url: str | None, trusted_origins: Sequence[str]) -> list[Problem]:
    if url is None:
        return []
    problem = webhook_problem("callback_url", url, trusted_origins=trusted_origins)
    return [problem] if problem else []
