"""Every limit of every profile decides on some request: one at it is taken, one beyond it is refused, and for it alone."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import pytest
from klingway.domain.measures import traits_of
from klingway.domain.validation import provider_problems, read_request
from klingway.providers import registry

from tests.conformance.harness import SEED_DAY, SINCE_ALL, provider_of
from tests.conformance.samples import samples, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from klingway.domain.capabilities import Limit, ProviderProfile
    from klingway.domain.request import AnyRequest, Kind

NOTHING_BEYOND: Final = frozenset({
    "characters of the prompt: at most 2500",
    "characters of the negative prompt: at most 2500",
    "number of shots: at least 1",
    "number of shots: at most 6",
    "seconds of a shot: at least 1",
    "seconds: at least 3",
    "seconds, with a video: at least 3",
    "seconds: at most 15",
    "mode: std, pro, 4k",
    "aspect ratio: 16:9, 9:16, 1:1",
    "aspect ratio, without a video: 1:1, 9:16, 16:9",
    "images of an element: at most 4",
    "number of voices: at least 1",
    "number of voices: at most 2",
    "resolution: 1k, 2k, 4k",
    "number of pictures: at least 1",
    "number of pictures: at most 9",
    "number of pictures, with a series: at most 9",
})  # fmt: skip
"""Limits beyond which the canonical form itself has nothing: they tell what the service says, and decide on nothing."""

_KEPT = "the canonical form refuses two that are described; elements called by id get their names behind it"
NEVER_ALONE: Final[Mapping[str, str]] = {
    "apimart video kling-v3 elements of one name: none": _KEPT,
    "apimart video kling-v3-omni elements of one name: none": _KEPT,
}
NEVER_AT: Final[Mapping[str, str]] = {
    "ezmodel video kling-v3-omni number of shots: at most 6": "of three seconds or more each, five are as long as a video",
}


@dataclass(frozen=True, slots=True)
class Bound:
    """One side of a limit, or its list."""

    name: str
    at: Sequence[Any]
    """The values that lie just within."""
    beyond: Sequence[Any]
    """Some that do not."""


@dataclass(frozen=True, slots=True)
class Owned:
    """A limit where it stands."""

    host: str
    kind: Kind
    model: str
    limit: Limit

    def __str__(self) -> str:
        with_and_without = [f"with {trait}" for trait in sorted(self.limit.when)]
        with_and_without += [f"without {trait}" for trait in sorted(self.limit.unless)]
        return ", ".join([self.limit.of.value, *with_and_without])

    @property
    def days(self) -> list[date]:
        """Days on which it is in force: the first, the last, and those of all other tests."""
        limit = self.limit
        first = [limit.since] if limit.since is not None else []
        last = [limit.until - timedelta(days=1)] if limit.until is not None else []
        return [day for day in (*first, *last, SEED_DAY, SINCE_ALL) if limit.is_in_force(day)]

    def bounds(self) -> Iterator[Bound]:
        """Yield its bounds, with values within and beyond each."""
        limit, known = self.limit, words(self.limit.of, self.kind)
        if limit.one_of == () or limit.maximum == 0:
            yield Bound("none", [], known if limit.one_of == () else [1])
        elif limit.one_of is not None or limit.pattern is not None:
            within = known if limit.one_of is None else limit.one_of
            name = limit.pattern or ", ".join(map(str, limit.one_of or ()))
            yield Bound(name, [each for each in within if limit.allows(each)], [*filter(self._forbids, known)])
        if limit.minimum is not None:
            yield Bound(f"at least {limit.minimum}", [limit.minimum], [limit.minimum - 1])
        if limit.maximum:
            yield Bound(f"at most {limit.maximum}", [limit.maximum], [limit.maximum + 1])

    def _forbids(self, value: Any) -> bool:
        return not self.limit.allows(value)

    def requests(self, value: Any, on: date) -> Iterator[AnyRequest]:
        """Yield the requests of a day that the limit is about, and in which what it measures comes to a value."""
        for body in samples(self.limit, self.kind, self.model, value):
            request = read(self.kind, json.dumps(body, sort_keys=True))
            if request is not None and self.limit.applies_to(traits_of(request), on):
                measured = [found for _, found in self.limit.measured(request)]
                if value in measured or (measured and self.limit.one_of == ()):
                    yield request

    def takes(self, value: Any) -> bool:
        """Tell whether some request at a value is taken."""
        return any(
            not provider_problems(request, provider_of(self.host, day).profile)
            for day in self.days
            for request in self.requests(value, day)
        )

    def refuses(self, value: Any) -> bool:
        """Tell whether some request beyond is refused at its place with this limit, and taken but for it."""
        return any(self._decides_on(request, day) for day in self.days for request in self.requests(value, day))

    def _decides_on(self, request: AnyRequest, on: date) -> bool:
        profile = provider_of(self.host, on).profile
        beyond = {place for place, found in self.limit.measured(request) if not self.limit.allows(found)}
        told = {
            problem.field
            for problem in provider_problems(request, profile)
            if (problem.limit, problem.source) == (self.limit.to_json(), self.limit.source)
        }
        return bool(beyond) and beyond == told and not provider_problems(request, self._without(profile))

    def _without(self, profile: ProviderProfile) -> ProviderProfile:
        models = profile.models_of(self.kind)
        limits = tuple(limit for limit in models[self.model].limits if limit is not self.limit)
        changed = {**models, self.model: replace(models[self.model], limits=limits)}
        return replace(profile, **{"models" if self.kind == "video" else "image_models": changed})


@cache
def read(kind: Kind, text: str) -> AnyRequest | None:
    """Read a body; None where the canonical form does not have it."""
    found = read_request(kind, json.loads(text))
    return None if found.problems else found.request


KINDS: Final[tuple[Kind, ...]] = ("video", "image")
LIMITS = [
    Owned(str(host), kind, model, limit)
    for host in registry.names()
    for kind in KINDS
    for model, profile in provider_of(str(host)).profile.models_of(kind).items()
    for limit in profile.limits
]


@pytest.mark.parametrize("owned", LIMITS, ids=lambda owned: f"{owned.host} {owned.kind} {owned.model} {owned}")
def test_a_limit_decides_on_some_request(owned: Owned) -> None:
    """No limit is out of reach, or hidden behind another: the exceptions are written down, and are exceptions."""
    for bound in owned.bounds():
        name = f"{owned}: {bound.name}"
        full_name = f"{owned.host} {owned.kind} {owned.model} {name}"
        is_decisive = name not in NOTHING_BEYOND and full_name not in NEVER_ALONE

        for value in bound.at:
            assert (full_name not in NEVER_AT) == owned.takes(value), f"{name}: {value} is never taken"
        assert is_decisive == any(map(owned.refuses, bound.beyond)), f"{name}: nothing is refused for it alone"


def test_every_exception_is_one() -> None:
    """The lists above name limits that there are."""
    names = {(owned, f"{owned}: {bound.name}") for owned in LIMITS for bound in owned.bounds()}
    full_names = {f"{owned.host} {owned.kind} {owned.model} {name}" for owned, name in names}

    assert {name for _, name in names} >= NOTHING_BEYOND
    assert full_names >= {*NEVER_ALONE, *NEVER_AT}
