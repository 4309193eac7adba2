"""What the cases of EzModel's page are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.conformance.harness import Case

if TYPE_CHECKING:
    from collections.abc import Mapping

PRODUCT = "omni-video"
PICTURE, CLIP = "https://example.com/a.jpg", "https://example.com/v.mp4"
V3, O1 = {"model": "kling-v3-omni"}, {"model": "kling-video-o1"}
FOX = {"prompt": "A small fox running in the forest"}
IMAGES = {"image_list": [{"image_url": PICTURE}]}
FIRST = {"image_url": PICTURE, "type": "first_frame"}
END = {"image_url": "https://example.com/z.jpg", "type": "end_frame"}
FEATURE = {"video_list": [{"video_url": CLIP, "refer_type": "feature"}]}
BASE = {"video_list": [{"video_url": CLIP, "refer_type": "base"}]}

# What the page calls default, said in words.
SAID = {"mode": "std", "aspect_ratio": "16:9", "sound": "off"}


def shots(*durations: object, prompt: str = "A girl opens a door") -> dict[str, Any]:
    """Return `multi_prompt` with shots of these lengths, as they are."""
    return {"multi_prompt": [{"prompt": prompt, "duration": duration} for duration in durations]}


def accepted(
    name: str, says: str, body: Mapping[str, Any], upstream: Mapping[str, Any] | None = None, **further: Any
) -> Case:
    """Return a case that is taken, and arrives as it stands with the defaults said, unless another body is given."""
    arrives = {**SAID, **body} if upstream is None else upstream
    return Case(name=name, says=says, product=PRODUCT, body=body, upstream=arrives, **further)


def refused(name: str, says: str, body: Mapping[str, Any], *places: str) -> Case:
    """Return a case that is refused at these places."""
    return Case(name=name, says=says, product=PRODUCT, body=body, refused=frozenset(places))
