from __future__ import annotations

import subprocess
import sys

import pytest
from klingway.domain.capabilities import Expected
from klingway.domain.ids import ProviderName
from klingway.providers import registry
from klingway.providers.apimart.provider import ApimartProvider
from klingway.providers.dialects import Action
from klingway.providers.klingai.provider import KlingaiProvider

from tests.unit.builders import BASE_URL, SEED_DAY, FakeCredentials, ScriptedHttp, answer

KLINGAI = ProviderName("klingai")


def test_the_providers_by_name() -> None:
    """In the gateway's order of preference."""
    assert ("klingai", "apimart", "ezmodel", "unifically") == registry.names()


def test_a_profile_by_name() -> None:
    """Under the rules of a day, at an expected speed."""
    quick = Expected(early_s=1, usual_s=2, late_s=3, source="a setting")

    profile = registry.profile_of(KLINGAI, SEED_DAY, quick)

    assert ("klingai", SEED_DAY, quick) == (profile.name, profile.rules_as_of, profile.models["kling-v3"].expected)


@pytest.mark.parametrize(("name", "kind"), [("klingai", KlingaiProvider), ("apimart", ApimartProvider)])
def test_a_provider_by_name(name: str, kind: type) -> None:
    """Built of what it is given."""
    profile = registry.profile_of(ProviderName(name), SEED_DAY)

    built = registry.build(
        ProviderName(name), base_url=BASE_URL, profile=profile, http=ScriptedHttp([answer({})]),
        credentials=FakeCredentials(None), now=lambda: 0.0,
    )  # fmt: skip

    assert isinstance(built, kind)
    assert profile is built.profile


@pytest.mark.parametrize("name", registry.names())
def test_a_dialect_has_words_for_its_endpoints(name: str) -> None:
    """Of lists and of elements: where it has endpoints of them, and nowhere else."""
    dialect = registry.dialect_of(ProviderName(name))
    actions = {endpoint.action for endpoint in dialect.endpoints}

    assert (Action.LIST in actions) == (dialect.lists is not None)
    assert (Action.CREATE_ELEMENT in actions) == (dialect.elements is not None)


def test_a_provider_loads_when_it_is_first_needed() -> None:
    """A function that submits nothing imports none of them."""
    code = "import sys, klingway.providers.registry; print([m for m in sys.modules if m.startswith('klingway.providers.')])"
    environment = {"PYTHONPATH": ":".join(sys.path)}

    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment)  # noqa: S603 - our own

    assert "['klingway.providers.registry']" == said.stdout.strip()


@pytest.mark.parametrize(
    "module", ["klingway.api.app", "klingway.use_cases.read_jobs", "klingway.adapters.dynamodb_jobs"]
)
def test_what_a_cold_start_does_not_need_is_not_loaded(module: str) -> None:
    """A reading of jobs needs no model of requests, no HTTP client and no provider; each takes a good part of a start."""
    heavy = ("pydantic", "httpx", "jwt", "klingway.domain.request")
    code = f"import sys, {module}; print([name for name in {heavy} if name in sys.modules])"
    environment = {"PYTHONPATH": ":".join(sys.path), "LOG_LEVEL": "INFO"}

    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment)  # noqa: S603 - our own

    assert "[]" == said.stdout.strip()
