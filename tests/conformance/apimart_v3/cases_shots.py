"""APIMart, Kling v3: `multi_shot`, `shot_type` and `multi_prompt`."""

from __future__ import annotations

from tests.conformance.apimart import DOG, FIRST, LAST, accepted, refused, several, shots, without
from tests.conformance.apimart_v3.bodies import ARRIVES, LEAST, STORY, STORY_ARRIVES

SHOTS = [
    accepted("1 shot", "Supports 1 to 6 shots", STORY, STORY_ARRIVES),
    accepted(
        "6 shots of a second",
        "Supports 1 to 6 shots; Each shot duration must be >= 1",
        STORY | several(1, 1, 1, 1, 1, 1),
        STORY_ARRIVES | several(1, 1, 1, 1, 1, 1),
    ),
    refused("7 shots", "Supports 1 to 6 shots", STORY | several(1, 1, 1, 1, 1, 1, 1), "multi_prompt"),
    accepted(
        "a shot of 512",
        "Maximum content length per shot is 512",
        STORY | several(5, prompt="x" * 512),
        STORY_ARRIVES | several(5, prompt="x" * 512),
    ),
    refused(
        "a shot of 513",
        "Maximum content length per shot is 512",
        STORY | several(5, prompt="x" * 513),
        "multi_prompt[0].prompt",
    ),
    accepted(
        "a shot of 512 with a name in it",
        "Maximum content length per shot is 512: of what is sent, names and all",
        STORY | several(5, prompt="@element_dog " + "x" * 499) | {"element_list": [DOG]},
        STORY_ARRIVES | several(5, prompt="@element_dog " + "x" * 499) | {"element_list": [DOG]},
    ),
    refused(
        "a shot without a prompt",
        "Per-shot information, such as prompt and duration",
        STORY | several(5, prompt=""),
        "multi_prompt[0].prompt",
    ),
    refused("a shot of no time", "Each shot duration must be >= 1", STORY | several(5, 0), "multi_prompt[1].duration"),
    refused(
        "a shot's quoted duration",
        "Must be a plain number",
        STORY | {"multi_prompt": shots("5")},
        "multi_prompt[0].duration",
    ),
    refused(
        "a shot longer than the whole",
        "Each shot duration … cannot exceed total task duration",
        STORY | several(6) | {"duration": 5},
        "multi_prompt[0].duration",
    ),
    refused(
        "shots that fall short",
        "Sum of all shot durations must equal top-level duration",
        STORY | several(2, 2) | {"duration": 5},
        "duration",
    ),
    refused(
        "shots beyond the whole",
        "Sum of all shot durations must equal top-level duration",
        STORY | several(3, 3) | {"duration": 5},
        "duration",
    ),
    accepted(
        "shots of 5 s without a duration",
        "duration: default 5",
        without(STORY | several(2, 3), "duration"),
        STORY_ARRIVES | several(2, 3),
    ),
    refused(
        "shots of 4 s without a duration", "duration: default 5", without(STORY | several(2, 2), "duration"), "duration"
    ),
    refused(
        "shots of 6 s without a duration", "duration: default 5", without(STORY | several(3, 3), "duration"), "duration"
    ),
    refused(
        "an index from 0",
        "index must start from 1 and be continuous",
        STORY | several(2, 3) | {"multi_prompt": [shots(2)[0] | {"index": 0}, shots(3)[0]]},
        "multi_prompt[0].index",
        "multi_prompt[1].index",
    ),
    refused(
        "an index left out",
        "index must … be continuous",
        STORY | several(2, 3) | {"multi_prompt": [shots(2)[0], shots(3)[0] | {"index": 3}]},
        "multi_prompt[1].index",
    ),
    refused(
        "no index",
        "Define shot order, prompt, and duration via index, prompt, and duration",
        STORY | {"multi_prompt": [without(shots(5)[0], "index")]},
        "multi_prompt[0].index",
    ),
    refused(
        "an index as text",
        "index must start from 1",
        STORY | {"multi_prompt": [shots(5)[0] | {"index": "1"}]},
        "multi_prompt[0].index",
    ),
    refused("no shot_type", "Required when multi_shot=true", without(STORY, "shot_type"), "shot_type"),
    refused("another shot_type", "customize / intelligence", STORY | {"shot_type": "auto"}, "shot_type"),
    refused(
        "no multi_prompt",
        "Required when multi_shot=true and shot_type=customize",
        without(STORY, "multi_prompt"),
        "multi_prompt",
    ),
    refused(
        "multi_shot as text",
        "Whether to enable multi-shot mode. true, false",
        STORY | {"multi_shot": "true"},
        "multi_shot",
    ),
    accepted(
        "intelligence",
        "Shot split method: customize / intelligence",
        LEAST | {"multi_shot": True, "shot_type": "intelligence", "duration": 12},
        ARRIVES | {"multi_shot": True, "shot_type": "intelligence", "duration": 12},
    ),
    refused(
        "intelligence of nothing",
        "top-level prompt can be omitted, but Kling's API specification requires it with intelligence",
        {"model": "kling-v3", "multi_shot": True, "shot_type": "intelligence"},
        "prompt",
    ),
    accepted(
        "a prompt beside shots",
        "When multi_shot=true, top-level prompt can be omitted: given, Kling ignores it",
        STORY | {"prompt": "a dog"},
        STORY_ARRIVES,
        "prompt",
    ),
    accepted(
        "shots beside intelligence",
        "multi_prompt: required when shot_type=customize; Kling does not use it with intelligence",
        STORY | several(2, 3) | {"prompt": "a dog", "shot_type": "intelligence"},
        ARRIVES | {"prompt": "a dog", "multi_shot": True, "shot_type": "intelligence"},
        "multi_prompt",
    ),
    accepted(
        "shots without multi_shot",
        "Whether to enable multi-shot mode: without it Kling ignores shot_type and multi_prompt",
        LEAST | {"shot_type": "customize", "multi_prompt": shots(9, 9)},
        ARRIVES,
        "shot_type",
        "multi_prompt",
    ),
    accepted(
        "shots with multi_shot false",
        "multi_shot: false",
        LEAST | {"multi_shot": False, "shot_type": "customize", "multi_prompt": shots(5)},
        ARRIVES,
        "shot_type",
        "multi_prompt",
    ),
    refused(
        "no prompt with multi_shot false",
        "When multi_shot=true, top-level prompt can be omitted",
        STORY | {"multi_shot": False},
        "prompt",
    ),
    accepted(
        "shots between frames",
        "Supports image-to-video (first frame/first-last frame control)",
        STORY | {"image_urls": [FIRST, LAST]},
        without(STORY_ARRIVES, "aspect_ratio") | {"image_urls": [FIRST, LAST]},
    ),
]
