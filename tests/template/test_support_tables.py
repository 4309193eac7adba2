"""The pages of docs/providers say what the profiles say."""

from __future__ import annotations

from dataclasses import replace

import pytest
from klingway.domain.capabilities import Capability, Confidence
from klingway.domain.ids import ProviderName
from klingway.providers import registry

from local import support_tables


@pytest.mark.parametrize("name", registry.names())
def test_a_providers_page_has_its_profiles_table(name: ProviderName) -> None:
    """`make docs` renews it; what stands there is what requests are held against."""
    text = support_tables.page_of(name).read_text(encoding="utf-8")

    assert support_tables.renewed(text, name) == text


def test_what_changes_in_a_profile_changes_the_table() -> None:
    """A capability more or less, or one that is doubtful, shows."""
    profile = registry.profile_of(ProviderName("klingai"), support_tables.RULES_AS_OF)
    model = profile.models["kling-v3-omni"]
    doubtful = replace(model, supports={**model.supports, Capability.SOUND: Confidence.DOUBTFUL})
    changed = replace(profile, models={**profile.models, "kling-v3-omni": doubtful})

    assert support_tables.table_of(profile) != support_tables.table_of(changed)


def test_a_page_without_a_place_for_it_is_noticed() -> None:
    """Rather than left without a table."""
    with pytest.raises(ValueError, match=r"klingai\.md needs one"):
        support_tables.renewed("# KlingAI\n", ProviderName("klingai"))
