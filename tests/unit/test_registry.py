from __future__ import annotations

import subprocess
import sys

from klingway.domain.capabilities import Expected
from klingway.domain.ids import ProviderName
from klingway.providers import registry
from klingway.providers.klingai.provider import KlingaiProvider

from tests.unit.builders import BASE_URL, SEED_DAY, FakeCredentials, ScriptedHttp, answer

KLINGAI = ProviderName("klingai")


def test_the_providers_by_name() -> None:
    """One so far."""
    assert ("klingai",) == registry.names()


def test_a_profile_by_name() -> None:
    """Under the rules of a day, at an expected speed."""
    quick = Expected(early_s=1, usual_s=2, late_s=3, source="a setting")

    profile = registry.profile_of(KLINGAI, SEED_DAY, quick)

    assert ("klingai", SEED_DAY, quick) == (profile.name, profile.rules_as_of, profile.models["kling-v3"].expected)


def test_a_provider_by_name() -> None:
    """Built of what it is given."""
    profile = registry.profile_of(KLINGAI, SEED_DAY)

    built = registry.build(
        KLINGAI, base_url=BASE_URL, profile=profile, http=ScriptedHttp([answer({})]), credentials=FakeCredentials(None),
        now=lambda: 0.0,
    )  # fmt: skip

    assert isinstance(built, KlingaiProvider)
    assert profile is built.profile


def test_a_provider_loads_when_it_is_first_needed() -> None:
    """A function that submits nothing imports none of them."""
    code = "import sys, klingway.providers.registry; print([m for m in sys.modules if 'klingai' in m])"
    environment = {"PYTHONPATH": ":".join(sys.path)}

    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment)  # noqa: S603 - our own

    assert "[]" == said.stdout.strip()
