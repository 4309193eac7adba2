"""A provider's own options: which requests of a model take them, their types, and the rules between them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any, Self

import pytest
from klingway.domain.capabilities import Capability, Confidence, Expected, ModelProfile, Options, ProviderProfile
from klingway.domain.measures import Trait
from klingway.domain.validation import provider_problems, read_request
from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

FRAME = {"url": "https://example.com/a.png", "role": "first_frame"}


class Inner(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    power: int


class Plain(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    seed: int | None = None


class Framed(Plain):
    fade: Inner | None = None

    @model_validator(mode="after")
    def _either(self) -> Self:
        if self.seed is not None and self.fade is not None:
            raise PydanticCustomError("excluded", "takes either seed or fade")
        return self


WITH_FRAME = frozenset({Trait.FIRST_FRAME})
WITH = ModelProfile(
    supports=dict.fromkeys([Capability.PROMPT, Capability.FIRST_FRAME], Confidence.DOCUMENTED),
    limits=(),
    prices=None,
    expected=Expected(early_s=1, usual_s=2, late_s=3, source="s"),
    source="its document",
    options=(Options(schema=Framed, when=WITH_FRAME), Options(schema=Plain, unless=WITH_FRAME)),
)
PROFILE = ProviderProfile(
    name="one",
    models={"kling-v1": WITH, "kling-v3": replace(WITH, options=())},
    calls_back=False,
    finds_by_reference=False,
    rules_as_of=date(2026, 2, 10),
)


def problems(options: dict[str, Any], **body: Any) -> list[tuple[str, str, Any]]:
    request, found, broken = read_request(
        "video", {"prompt": "a fox", "model": "kling-v1", "provider_options": {"one": options}} | body
    )
    assert [] == found or broken
    return [(problem.field, problem.code, problem.limit) for problem in provider_problems(request, PROFILE, broken)]


def test_the_options_of_a_provider_are_those_of_its_models() -> None:
    """Named once each."""
    assert {"seed", "fade"} == PROFILE.options


@pytest.mark.parametrize(
    ("options", "body"),
    [
        pytest.param({"seed": 1}, {}, id="without a frame"),
        pytest.param({"fade": {"power": 2}}, {"images": [FRAME]}, id="with a frame"),
        pytest.param({}, {"model": "kling-v3"}, id="none, of a model that has none"),
    ],
)
def test_an_option_that_fits_is_taken(options: dict[str, Any], body: dict[str, Any]) -> None:
    """Of its type, in a request of its kind."""
    assert [] == problems(options, **body)


@pytest.mark.parametrize(
    ("options", "body", "expected"),
    [
        pytest.param({"sed": 1}, {}, ("provider_options.one.sed", "unknown_field", ["fade", "seed"]), id="unknown"),
        pytest.param({"seed": "1"}, {}, ("provider_options.one.seed", "wrong_type", None), id="another type"),
        pytest.param(
            {"fade": {"power": 1}}, {}, ("provider_options.one.fade", "unsupported", None), id="without its frame"
        ),
        pytest.param(
            {"seed": 1}, {"model": "kling-v3"}, ("provider_options.one.seed", "unsupported", None), id="another model"
        ),
        pytest.param(
            {"fade": {}}, {"images": [FRAME]}, ("provider_options.one.fade.power", "required", None), id="within"
        ),
        pytest.param(
            {"fade": {"power": 1}, "seed": 1}, {"images": [FRAME]}, ("provider_options.one", "excluded", None), id="rule"
        ),
    ],
)  # fmt: skip
def test_an_option_that_does_not_fit_is_refused_at_its_place(
    options: dict[str, Any], body: dict[str, Any], expected: tuple[str, str, Any]
) -> None:
    """An unknown name, a wrong type, a request or a model of another kind, a rule between them."""
    assert [expected] == problems(options, **body)


def test_options_of_another_provider_are_not_looked_at() -> None:
    """They are that provider's to judge."""
    request = read_request("video", {"prompt": "a", "model": "kling-v1", "provider_options": {"two": {"x": 1}}}).request

    assert [] == provider_problems(request, PROFILE)


def test_what_is_said_of_them() -> None:
    """When a model takes an option, else which do; a rule's own words."""
    framed = read_request(
        "video",
        {
            "prompt": "a fox", "model": "kling-v1", "images": [FRAME],
            "provider_options": {"one": {"fade": {"power": 1}, "seed": 1}},
        },
    ).request  # fmt: skip
    plain, other = (
        read_request("video", {"prompt": "a", "model": model, "provider_options": {"one": {"fade": {}}}}).request
        for model in ("kling-v1", "kling-v3")
    )

    said = [problem.message for request in (framed, plain, other) for problem in provider_problems(request, PROFILE)]

    assert [
        "provider_options.one takes either seed or fade.",
        "fade: kling-v1 on one does not take it here; it does with a first frame.",
        "fade: kling-v3 on one does not take it here; there, kling-v1 does.",
    ] == said


def test_of_a_broken_request_nothing_is_said_that_depends_on_what_is_broken() -> None:
    """Whether there is a first frame cannot be known of images that cannot be read."""
    assert [] == problems({"fade": {"power": 1}}, images="a.png")


@pytest.mark.parametrize(("count", "code"), [(10, "too_large"), ("many", "wrong_type")])
def test_a_field_of_two_types_is_named_as_such(count: object, code: str) -> None:
    """`count` is a number or `auto`: a wrong one is one problem, at `count`."""
    (problem,) = read_request("image", {"prompt": "a fox", "count": count}).problems

    assert ("count", code, {"min": 1, "max": 9}) == (problem.field, problem.code, problem.limit)
