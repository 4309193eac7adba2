"""What KlingAI can do: its models of the 3.0 series and those before it, for videos and for pictures."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Final

from klingway.domain.capabilities import Expected, ModelProfile, ProviderProfile
from klingway.providers.klingai.image_profile import IMAGE_MODELS
from klingway.providers.klingai.older_profile import OLDER_MODELS
from klingway.providers.klingai.video_profile import O1, V3, V3_OMNI

_MODELS: Final[Mapping[str, ModelProfile]] = {
    "kling-v3-omni": V3_OMNI,
    "kling-v3": V3,
    "kling-video-o1": O1,
    **OLDER_MODELS,
}


def klingai_profile(
    rules_as_of: date, expected: Expected | None = None, switches: frozenset[str] = frozenset()
) -> ProviderProfile:
    """Return what KlingAI can do under the rules of a day; `expected` replaces what is known of its speed."""
    return ProviderProfile(
        name="klingai",
        models=_expecting(expected, _MODELS),
        image_models=_expecting(expected, IMAGE_MODELS),
        calls_back=True,
        finds_by_reference=True,
        rules_as_of=rules_as_of,
        switches=switches,
    )


def _expecting(expected: Expected | None, models: Mapping[str, ModelProfile]) -> Mapping[str, ModelProfile]:
    return models if expected is None else {name: replace(model, expected=expected) for name, model in models.items()}
