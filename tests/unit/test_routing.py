"""Which provider a request goes to, over made-up profiles."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from klingway.domain.capabilities import (
    Capability,
    Confidence,
    Expected,
    Limit,
    ModelProfile,
    Prices,
    ProviderProfile,
    Rate,
)
from klingway.domain.ids import ProviderName
from klingway.domain.measures import Measure, Trait
from klingway.domain.routing import Owned, choose_route
from klingway.domain.validation import provider_problems, read_request
from klingway.providers.klingai.profile import klingai_profile

from tests.unit.builders import EDIT, FIRST, PROMPT, SEED_DAY, elements, video_request

ONE, TWO, UNSET = ProviderName("one"), ProviderName("two"), ProviderName("unset")
DAY = date(2026, 2, 10)


def made_up(name: str, *limits: Limit, **supports: Confidence) -> ProviderProfile:
    known = {Capability.PROMPT: Confidence.DOCUMENTED} | {
        Capability[capability]: confidence for capability, confidence in supports.items()
    }
    model = ModelProfile(
        supports=known, limits=limits, prices=None, expected=Expected(early_s=1, usual_s=2, late_s=3, source="s"),
        source=f"{name}'s document",
    )  # fmt: skip
    return ProviderProfile(
        name=name, models={"kling-v3-omni": model}, calls_back=False, finds_by_reference=False, rules_as_of=DAY
    )


SURE, DOUBTFUL = Confidence.DOCUMENTED, Confidence.DOUBTFUL
PROFILES = {
    ONE: made_up("one", MODE=SURE, SOUND=DOUBTFUL),
    TWO: made_up("two", MODE=SURE, SOUND=SURE, CFG_SCALE=SURE),
    UNSET: made_up("unset", MODE=SURE),
}
CONFIGURED = [ONE, TWO]


def routed(body: dict[str, Any], configured: list[ProviderName] | None = None) -> tuple[str, ...]:
    route, problems = choose_route(video_request(**body), PROFILES, CONFIGURED if configured is None else configured)
    assert [] == problems
    assert route.reason
    return route.providers


def refused(body: dict[str, Any], configured: list[ProviderName] | None = None) -> list[tuple[str, str, Any]]:
    route, problems = choose_route(video_request(**body), PROFILES, CONFIGURED if configured is None else configured)
    assert () == route.providers
    return [(problem.field, problem.code, problem.limit) for problem in problems]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(PROMPT, ("one", "two"), id="nothing named"),
        pytest.param(PROMPT | {"provider": "auto"}, ("one", "two"), id="auto"),
        pytest.param(PROMPT | {"provider": "two"}, ("two",), id="one named"),
        pytest.param(PROMPT | {"provider": ["two", "one"]}, ("two", "one"), id="an order"),
        pytest.param(PROMPT | {"cfg_scale": 0.5}, ("two",), id="what one cannot do"),
        pytest.param(PROMPT | {"cfg_scale": 0.5, "provider": ["one", "two"]}, ("two",), id="named, one cannot"),
        pytest.param(PROMPT | {"watermark": False}, ("one", "two"), id="no watermark asks for nothing"),
        pytest.param(PROMPT | {"sound": False}, ("one", "two"), id="no sound asks for nothing"),
        pytest.param(PROMPT | {"sound": True}, ("two",), id="auto never relies on what is doubtful"),
        pytest.param(PROMPT | {"sound": True, "provider": "one"}, ("one",), id="who names it may try"),
        pytest.param(PROMPT | {"provider": ["one", "one"]}, ("one",), id="named twice counts once"),
    ],
)
def test_a_request_goes_to_those_that_can(body: dict[str, Any], expected: tuple[str, ...]) -> None:
    """In the caller's order; in the gateway's, where no price is known."""
    assert expected == routed(body)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(
            PROMPT | {"provider": "three"}, [("provider", "not_one_of", ["auto", "one", "two", "unset"])], id="unknown"
        ),
        pytest.param(
            PROMPT | {"provider": "unset"}, [("provider", "not_configured", ["one", "two"])], id="without a credential"
        ),
        pytest.param(
            PROMPT | {"provider": ["three", "unset"]},
            [
                ("provider", "not_one_of", ["auto", "one", "two", "unset"]),
                ("provider", "not_configured", ["one", "two"]),
            ],
            id="both",
        ),
        pytest.param(PROMPT | {"provider": ["auto", "one"]}, [("provider", "excluded", None)], id="auto among others"),
        pytest.param(PROMPT | {"watermark": True}, [("watermark", "unsupported", None)] * 2, id="nobody can"),
        pytest.param(
            PROMPT | {"model": "kling-v3"}, [("model", "unsupported", ["kling-v3-omni"])] * 2, id="nobody has the model"
        ),
    ],
)
def test_a_request_that_can_go_nowhere_says_why(body: dict[str, Any], expected: list[Any]) -> None:
    """At the field that has to change."""
    assert expected == refused(body)


def test_without_any_credential_there_is_no_route() -> None:
    """And the caller is told what to do."""
    assert [("provider", "not_configured", None)] == refused(PROMPT, [])


def test_what_only_doubtful_providers_can_do_must_be_asked_for_by_name() -> None:
    """`auto` does not try it."""
    assert [("provider", "uncertain", ["one"])] == refused(PROMPT | {"sound": True}, [ONE])


def told(body: dict[str, Any], profiles: dict[ProviderName, ProviderProfile] = PROFILES) -> list[tuple[Any, ...]]:
    _, problems = choose_route(video_request(**body), profiles, CONFIGURED)
    return [(problem.provider, problem.field, problem.accepted_by) for problem in problems]


def test_every_candidates_problems_are_told_the_closest_ones_first() -> None:
    """Two lacks watermark; one lacks watermark and cfg_scale, which two would take."""
    body = PROMPT | {"watermark": True, "cfg_scale": 1}

    expected = [("two", "watermark", ()), ("one", "watermark", ()), ("one", "cfg_scale", ("two",))]
    assert expected == told(body)
    assert expected == told(body | {"provider": ["two", "one"]})


def test_a_single_candidates_problems_are_its_own() -> None:
    """Who asks for one provider hears of that one."""
    assert [("one", "cfg_scale", ())] == told(PROMPT | {"cfg_scale": 1, "provider": "one"})


def test_where_two_are_as_close_the_order_decides() -> None:
    """One lacks voices, two lacks watermark: asked for both, each problem names the other."""
    profiles = {ONE: made_up("one", WATERMARK=SURE), TWO: made_up("two", VOICES=SURE)}
    body = PROMPT | {"watermark": True, "voices": [{"id": "v"}]}

    of_one, of_two = ("one", "voices", ("two",)), ("two", "watermark", ("one",))
    assert [of_one, of_two] == told(body, profiles)
    assert [of_two, of_one] == told(body | {"provider": ["two", "one"]}, profiles)


def test_who_lacks_the_model_is_least_close_and_accepts_nothing() -> None:
    """Nothing is known of what it would take with another model."""
    other = made_up("one")
    profiles = {ONE: replace(other, models={"kling-v3": other.models["kling-v3-omni"]}), TWO: made_up("two")}

    assert [("two", "mode", ()), ("two", "watermark", ()), ("one", "model", ("two",))] == told(
        PROMPT | {"mode": "pro", "watermark": True}, profiles
    )


def test_a_place_is_told_of_once_for_each_provider() -> None:
    """Two options whose names are too long to be told apart are one place."""
    options = {"one": {"x" * 80: 1, "x" * 81: 1}}

    place = f"provider_options.one.{'x' * 61}..."
    assert [("one", place, ())] == told(PROMPT | {"provider": "one", "provider_options": options})


def priced(name: str, per_second: str | None, currency: str = "USD", **supports: Confidence) -> ProviderProfile:
    profile = made_up(name, SOUND=supports.get("SOUND", SURE))
    rates = () if per_second is None else (Rate(per_unit=Decimal(per_second), mode="std", sound=False),)
    models = {
        model: replace(known, prices=Prices(currency=currency, rates=rates, source="a list"))
        for model, known in profile.models.items()
    }
    return replace(profile, models=models)


KLINGAI_AND_APIMART = {ONE: priced("one", "0.084"), TWO: priced("two", "0.0672")}


@pytest.mark.parametrize(
    ("profiles", "body", "expected", "reason"),
    [
        pytest.param(KLINGAI_AND_APIMART, PROMPT, ("two", "one"), "two: cheapest of two ($0.34), one ($0.42)",
                     id="by price"),
        pytest.param({ONE: priced("one", "0.05"), TWO: priced("two", "0.1")}, PROMPT, ("one", "two"),
                     "one: cheapest of one ($0.25), two ($0.50)", id="by price, the other way about"),
        pytest.param({ONE: priced("one", "0.05"), TWO: priced("two", "0.05")}, PROMPT, ("one", "two"),
                     "one: cheapest of one ($0.25), two ($0.25)", id="one price: the gateway's order"),
        pytest.param({ONE: priced("one", None), TWO: priced("two", "9")}, PROMPT, ("two", "one"),
                     "two: cheapest of two ($45.00), one (price unknown)", id="an unknown price sorts last"),
        pytest.param({ONE: priced("one", "0.01", "CNY"), TWO: priced("two", "9")}, PROMPT, ("two", "one"),
                     "two: cheapest of two ($45.00), one (price unknown)", id="another currency counts as unknown"),
        pytest.param(KLINGAI_AND_APIMART, PROMPT | {"sound": True}, ("one", "two"),
                     "one: first of one (price unknown), two (price unknown)", id="no price known for this request"),
        pytest.param({ONE: priced("one", "1"), TWO: priced("two", "0.01", SOUND=DOUBTFUL)}, PROMPT | {"sound": True},
                     ("one",), "one: the only one that can surely do it", id="a doubtful one is not compared"),
        pytest.param(KLINGAI_AND_APIMART, PROMPT | {"provider": ["one", "two"]}, ("one", "two"),
                     "one: named by the caller", id="a caller's order stands"),
    ],
)  # fmt: skip
def test_auto_takes_the_cheapest_that_can_surely_do_it(
    profiles: dict[ProviderName, ProviderProfile], body: dict[str, Any], expected: tuple[str, ...], reason: str
) -> None:
    """Five seconds of std; the reason says it with the figures that were compared."""
    route, problems = choose_route(video_request(**body), profiles, CONFIGURED)

    assert [] == problems
    assert (expected, reason) == (route.providers, route.reason)


def test_a_broken_model_breaks_no_routing() -> None:
    """A provider without the default model is compared all the same: the answer is about the model."""
    other = made_up("one")
    profiles = {ONE: replace(other, models={"kling-v3": other.models["kling-v3-omni"]})}
    request, problems, unread = read_request("video", {"prompt": "x", "model": "kling-v4"})

    assert [] == choose_route(request, profiles, [ONE], unread)[1]
    assert ["model"] == [problem.field for problem in problems]


def test_a_broken_field_says_nothing_about_the_provider() -> None:
    """A model that there is not is one mistake: the default model's rules are not the caller's."""
    request, problems, unread = read_request("video", {"prompt": "x", "model": "kling-v4", "negative_prompt": "blur"})
    klingai = ProviderName("klingai")
    problems += choose_route(request, {klingai: klingai_profile(SEED_DAY)}, [klingai], unread)[1]

    assert ["model"] == [problem.field for problem in problems]


def test_a_broken_image_says_nothing_about_the_elements() -> None:
    """Elements need a first frame: where the images are broken, nobody knows whether there is one."""
    request, problems, unread = read_request(
        "video", {"prompt": "x", "model": "kling-v3", "images": [FIRST | {"extra": 1}], "elements": elements(1)}
    )
    klingai = ProviderName("klingai")
    problems += choose_route(request, {klingai: klingai_profile(SEED_DAY)}, [klingai], unread)[1]

    assert ["images[0].extra"] == [problem.field for problem in problems]


LIMITED = Limit(of=Measure.IMAGES, maximum=2, source="law")


@pytest.mark.parametrize(
    ("limit", "body", "expected"),
    [
        pytest.param(LIMITED, {"images": [FIRST] * 2}, [], id="at the maximum"),
        pytest.param(LIMITED, {"images": [FIRST] * 3}, [("images", "too_many", {"max": 2})], id="beyond it"),
        pytest.param(replace(LIMITED, minimum=2), {"images": [FIRST]},
                     [("images", "too_few", {"min": 2, "max": 2})], id="below the minimum"),
        pytest.param(LIMITED, {}, [], id="not given"),
        pytest.param(replace(LIMITED, when=frozenset({Trait.VIDEO})), {"images": [FIRST] * 3}, [], id="when not"),
        pytest.param(replace(LIMITED, when=frozenset({Trait.VIDEO})), {"images": [FIRST] * 3, "video": EDIT},
                     [("images", "too_many", {"max": 2})], id="when so"),
        pytest.param(replace(LIMITED, unless=frozenset({Trait.VIDEO})), {"images": [FIRST] * 3, "video": EDIT}, [],
                     id="unless so"),
        pytest.param(replace(LIMITED, since=date(2026, 2, 11)), {"images": [FIRST] * 3}, [], id="from tomorrow on"),
        pytest.param(replace(LIMITED, since=DAY), {"images": [FIRST] * 3},
                     [("images", "too_many", {"max": 2})], id="from today on"),
        pytest.param(replace(LIMITED, until=DAY), {"images": [FIRST] * 3}, [], id="lifted today"),
        pytest.param(replace(LIMITED, until=date(2026, 2, 11)), {"images": [FIRST] * 3},
                     [("images", "too_many", {"max": 2})], id="lifted tomorrow"),
    ],
)  # fmt: skip
def test_a_limit_holds_on_its_days_and_under_its_circumstances(
    limit: Limit, body: dict[str, Any], expected: list[Any]
) -> None:
    """The one validator over any profile."""
    profile = made_up("one", limit, FIRST_FRAME=SURE, VIDEO_EDIT=SURE)

    found = provider_problems(video_request(prompt="x", **body), profile)

    assert expected == [(problem.field, problem.code, problem.limit) for problem in found]
    assert all(problem.source == "law" for problem in found)


def test_one_place_is_reported_once() -> None:
    """Two limits of one measure that are both broken are one problem, the first."""
    profile = made_up("one", LIMITED, replace(LIMITED, maximum=1, source="other"), FIRST_FRAME=SURE)

    (problem,) = provider_problems(video_request(prompt="x", images=[FIRST] * 3), profile)

    assert "law" == problem.source


def with_owned(body: dict[str, Any], *owned: Owned, configured: list[ProviderName] | None = None) -> Any:
    return choose_route(
        video_request(**PROMPT | body),
        PROFILES,
        CONFIGURED if configured is None else configured,
        frozenset(),
        owned,
    )


AT_TWO, AT_UNSET, SOMEWHERE = (Owned("elements[0].id", "160", provider) for provider in (TWO, UNSET, None))


@pytest.mark.parametrize("asked", [{}, {"provider": "auto"}, {"provider": "two"}, {"provider": ["one", "two"]}])
def test_what_one_provider_alone_knows_goes_there(asked: dict[str, Any]) -> None:
    """Whoever else could do it: nobody else is on the route, and the reason does not speak of prices."""
    route, problems = with_owned(asked, AT_TWO)

    assert ([], ("two",)) == (problems, route.providers)
    assert route.reason in {"two: named by the caller", "two: the only one that can surely do it"}


@pytest.mark.parametrize(
    ("asked", "owned", "way_out"),
    [
        ({"provider": "one"}, AT_TWO, "name two as the provider"),
        ({"provider": "one"}, AT_UNSET, "unset has no credential in this gateway"),
        ({"provider": "auto"}, AT_UNSET, "unset has no credential in this gateway"),
    ],
)
def test_what_no_candidate_knows_is_a_problem_at_its_place(asked: dict[str, Any], owned: Owned, way_out: str) -> None:
    """Which says whose it is, and what to do about it."""
    route, (problem,) = with_owned(asked, owned)

    assert () == route.providers
    assert ("elements[0].id", "excluded", [owned.provider]) == (problem.field, problem.code, problem.limit)
    assert f"160 is {owned.provider}'s own, and no other provider knows it: {way_out}." == problem.message


def test_what_the_owner_cannot_do_is_told_of_it_alone() -> None:
    """It has not the credential, the field, or the certainty: as if it were the only provider there is."""
    route, (problem,) = with_owned({"cfg_scale": 0.5}, Owned("elements[0].id", "160", ONE))
    assert ((), "cfg_scale", "one", ()) == (route.providers, problem.field, problem.provider, problem.accepted_by)

    route, (problem,) = with_owned({"sound": True}, Owned("elements[0].id", "160", ONE))
    assert ((), "provider", "uncertain", ["one"]) == (route.providers, problem.field, problem.code, problem.limit)

    route, (problem,) = with_owned({"provider": "unset"}, AT_UNSET)
    assert ((), "provider", "not_configured") == (route.providers, problem.field, problem.code)


def test_what_is_of_nobody_knows_whom_is_not_guessed() -> None:
    """Two that could take it: whose it is has to be said. One alone, or one that is named, has it."""
    route, (problem,) = with_owned({}, SOMEWHERE)
    assert ((), "elements[0].id", "uncertain") == (route.providers, problem.field, problem.code)
    assert ["one", "two"] == problem.limit

    assert ("two",) == with_owned({"cfg_scale": 0.5}, SOMEWHERE)[0].providers
    assert ("two", "one") == with_owned({"provider": ["two", "one"]}, SOMEWHERE)[0].providers
