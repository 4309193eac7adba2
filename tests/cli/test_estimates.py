from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.cli.fake_gateway import Answer, FakeGateway

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

EXPECTED = {"early_s": 60, "usual_s": 180, "late_s": 420, "source": "a list"}
GOOD: dict[str, Any] = {
    "provider": "klingai", "is_possible": True, "is_sure": True, "problems": [], "warnings": [], "expected": EXPECTED,
    "price": {"amount": "0.42", "currency": "USD", "source": "a list"}, "requests": [],
}  # fmt: skip
BAD = GOOD | {
    "provider": "ezmodel", "is_possible": False, "is_sure": False, "price": None,
    "problems": [{"field": "mode", "code": "not_one_of", "message": "mode: [ezmodel] takes std and pro."}],
}  # fmt: skip
SAID = {
    "kind": "video", "model": "kling-v3-omni", "estimates": [GOOD, BAD],
    "route": {"providers": ["klingai"], "reason": "klingai: the only one that can surely do it"},
}  # fmt: skip
PROVIDER = {
    "name": "apimart", "has_credential": False, "calls_back": False, "elements": "by request",
    "models": [{"kind": "video", "model": "kling-v3"}, {"kind": "video", "model": "kling-v3-omni"}],
}  # fmt: skip


def test_an_estimate(gateway: FakeGateway, klingway: Callable[..., Result]) -> None:
    """The same options as a submission; each provider with its price or its reasons, and where it would go."""
    gateway.says("POST /v1/estimates", Answer(200, SAID))
    result = klingway("estimate", "a fox", "--duration-s", "5")
    assert result.exit_code == 0, result.output
    for text in ("klingai", "0.42 USD", "about 180 s", "mode: [ezmodel] takes std and pro."):
        assert text in result.stdout
    assert "the only one that can surely do it" in result.stderr
    assert {"prompt": "a fox", "duration_s": 5} == gateway.seen[0]["body"]
    assert SAID == json.loads(klingway("estimate", "a fox", "--json").stdout)


def test_an_estimate_that_nobody_would_do(gateway: FakeGateway, klingway: Callable[..., Result]) -> None:
    """Exit code 1, so that a script can tell."""
    gateway.says("POST /v1/estimates", Answer(200, SAID | {"route": None, "estimates": [BAD]}))
    result = klingway("estimate", "a fox", "--mode", "4k")
    assert result.exit_code == 1
    assert "No provider of this gateway would take it" in result.stderr


def test_nothing_to_estimate(klingway: Callable[..., Result]) -> None:
    """A command without a request is wrong."""
    assert klingway("estimate").exit_code == 2


def test_providers(gateway: FakeGateway, klingway: Callable[..., Result]) -> None:
    """Each with its models, whether it has a credential, and the base URL of its own API here."""
    gateway.says("GET /v1/providers", Answer(200, {"providers": [PROVIDER]}))
    result = klingway("providers")
    assert result.exit_code == 0, result.output
    for text in ("apimart", "missing", "kling-v3, kling-v3-omni", "when asked", f"{gateway.url}/apimart"):
        assert text in result.stdout
    assert {"providers": [PROVIDER]} == json.loads(klingway("providers", "--json").stdout)


def test_pictures(gateway: FakeGateway, klingway: Callable[..., Result]) -> None:
    """`submit --kind image` asks for pictures: a number of them, or as many as fit."""
    gateway.says("POST /v1/images", Answer(202, gateway.job("running", kind="image")))
    result = klingway(
        "submit", "a fox", "--kind", "image", "--count", "2", "--resolution", "2k", "--no-series", "--json"
    )
    assert result.exit_code == 0, result.output
    assert {"prompt": "a fox", "count": 2, "resolution": "2k", "series": False} == gateway.seen[0]["body"]
    klingway("submit", "a fox", "--kind", "image", "--count", "auto", "--series")
    assert {"prompt": "a fox", "count": "auto", "series": True} == gateway.seen[1]["body"]
