"""APIMart, Kling v3 Omni: multi-shot, and elements."""

from __future__ import annotations

from tests.conformance.apimart import CAT, DOG, FIRST, HEN, accepted, refused, several, shots, without
from tests.conformance.apimart_v3_omni.bodies import ARRIVES, BASE, LEAST, PHOTO, STORY, STORY_ARRIVES

SHOTS = [
    accepted("shots", "Multi-shot list, each item is index, prompt, duration", STORY, STORY_ARRIVES, "prompt"),
    accepted("1 shot", "Minimum 1 shot", STORY | several(5), STORY_ARRIVES | several(5), "prompt"),
    accepted(
        "6 shots of a second or more",
        "maximum 6 shots; Each shot duration must be an integer and >= 1",
        STORY | several(1, 1, 1, 1, 1, 2),
        STORY_ARRIVES | several(1, 1, 1, 1, 1, 2),
        "prompt",
    ),
    refused("7 shots", "maximum 6 shots", STORY | several(1, 1, 1, 1, 1, 1, 1), "multi_prompt"),
    accepted("no shots", "Minimum 1 shot: an empty list is none", LEAST | {"multi_prompt": []}, ARRIVES),
    refused("a shot of no time", "duration must be … >= 1", STORY | several(5, 0), "multi_prompt[1].duration"),
    refused(
        "a shot's quoted duration",
        "duration must be an integer",
        STORY | {"multi_prompt": [*shots(2), shots(2, "3")[1]]},
        "multi_prompt[1].duration",
    ),
    refused(
        "a shot's duration with a fraction",
        "duration must be an integer",
        STORY | {"multi_prompt": shots(2.5, 2.5)},
        "multi_prompt[0].duration",
        "multi_prompt[1].duration",
    ),
    refused(
        "a sum beyond the whole",
        "Sum of all shot durations must equal top-level duration",
        STORY | {"duration": 4},
        "duration",
    ),
    refused(
        "a sum that falls short",
        "Sum of all shot durations must equal top-level duration",
        STORY | {"duration": 6},
        "duration",
    ),
    accepted("the default's sum", "duration: default 5", without(STORY, "duration"), STORY_ARRIVES, "prompt"),
    refused("a sum against the default", "duration: default 5", without(STORY | several(3, 3), "duration"), "duration"),
    refused(
        "an index from 0",
        "index must start from 1",
        STORY | several(5) | {"multi_prompt": [shots(5)[0] | {"index": 0}]},
        "multi_prompt[0].index",
    ),
    refused(
        "an index twice",
        "index must … increase continuously",
        STORY | {"multi_prompt": [shots(2)[0], shots(3)[0]]},
        "multi_prompt[1].index",
    ),
    refused(
        "indexes backwards",
        "index must … increase continuously",
        STORY | {"multi_prompt": shots(2, 3)[::-1]},
        "multi_prompt[0].index",
        "multi_prompt[1].index",
    ),
    refused(
        "a shot with another field",
        "each item is index, prompt, duration",
        STORY | several(5) | {"multi_prompt": [shots(5)[0] | {"mode": "pro"}]},
        "multi_prompt[0].mode",
    ),
    accepted(
        "a shot of 512",
        "the page states no length; APIMart, Kling v3, has 512, as Kling itself",
        STORY | several(5, prompt="x" * 512),
        STORY_ARRIVES | several(5, prompt="x" * 512) | {"prompt": "x" * 512},
        "prompt",
    ),
    refused("a shot of 513", "as Kling itself: 512", STORY | several(5, prompt="x" * 513), "multi_prompt[0].prompt"),
    refused("no shot_type", "Required when multi_shot=true", without(STORY, "shot_type"), "shot_type"),
    refused("another shot_type", "customize / intelligence", STORY | {"shot_type": "smart"}, "shot_type"),
    refused(
        "no multi_prompt",
        "Required when multi_shot=true and shot_type=customize",
        without(STORY, "multi_prompt"),
        "multi_prompt",
    ),
    refused("no prompt beside shots", "Positive text prompt", without(STORY, "prompt"), "prompt"),
    accepted(
        "intelligence",
        "Shot split method: intelligence",
        LEAST | {"multi_shot": True, "shot_type": "intelligence"},
        ARRIVES | {"multi_shot": True, "shot_type": "intelligence"},
    ),
    accepted(
        "intelligence of an image",
        "the system will automatically prepend <<<image_1>>> to the prompt",
        LEAST | {"multi_shot": True, "shot_type": "intelligence", "prompt": "it turns", "image_urls": [PHOTO]},
        ARRIVES
        | {"multi_shot": True, "shot_type": "intelligence", "prompt": "<<<image_1>>>it turns", "image_urls": [PHOTO]},
    ),
    accepted(
        "images beside shots that name none",
        "prepend <<<image_1>>> to the prompt: which shots are not",
        STORY | {"image_urls": [PHOTO]},
        STORY_ARRIVES | {"image_urls": [PHOTO]},
        "prompt",
    ),
    accepted(
        "a shot that names an image",
        "Reference corresponding images in the prompt",
        STORY | several(2, 3, prompt="<<<image_1>>> turns") | {"image_urls": [PHOTO]},
        STORY_ARRIVES
        | several(2, 3, prompt="<<<image_1>>> turns")
        | {"prompt": "<<<image_1>>> turns", "image_urls": [PHOTO]},
        "prompt",
    ),
    refused(
        "a shot that names an image of none",
        "N starts from 1",
        STORY | {"multi_prompt": [shots(2)[0], shots(2, 3, prompt="<<<image_1>>>")[1]]},
        "multi_prompt[1].prompt",
    ),
    accepted(
        "multi_shot false",
        "Whether to enable multi-shot mode: without it Kling ignores shot_type and multi_prompt",
        STORY | {"multi_shot": False},
        ARRIVES,
        "shot_type",
        "multi_prompt",
    ),
    accepted(
        "shots beside intelligence",
        "multi_prompt: required when shot_type=customize; Kling does not use it with intelligence",
        STORY | {"shot_type": "intelligence"},
        ARRIVES | {"multi_shot": True, "shot_type": "intelligence"},
        "multi_prompt",
    ),
    refused(
        "shots of a base video",
        "video to be edited: Kling's own keeps its shots",
        STORY | {"video_list": [BASE]},
        "multi_prompt",
    ),
]

PLAYING = {"prompt": "@element_dog and @element_cat are playing on the grass"}
ELEMENTS = [
    accepted(
        "elements by name",
        "Use @name in prompt, e.g. @element_dog and @element_cat are playing on the grass",
        LEAST | PLAYING | {"element_list": [DOG, CAT]},
        ARRIVES | PLAYING | {"element_list": [DOG, CAT]},
    ),
    accepted(
        "3 elements of 2 to 4 images",
        "up to 3 subjects; 2 to 4 images per subject",
        LEAST | PLAYING | {"element_list": [CAT, DOG, HEN]},
        ARRIVES | PLAYING | {"element_list": [CAT, DOG, HEN]},
    ),
    accepted(
        "elements in shots",
        "Use @name in prompt",
        STORY | several(2, 3, prompt="@element_cat sleeps") | {"element_list": [DOG, CAT]},
        STORY_ARRIVES
        | several(2, 3, prompt="@element_cat sleeps")
        | {"prompt": "@element_cat sleeps", "element_list": [DOG, CAT]},
        "prompt",
    ),
    accepted(
        "an element beside an image",
        "if the prompt does not contain any <<<image_N>>> reference",
        LEAST | {"prompt": "@element_dog runs", "element_list": [DOG], "image_urls": [PHOTO]},
        ARRIVES | {"prompt": "<<<image_1>>>@element_dog runs", "element_list": [DOG], "image_urls": [PHOTO]},
    ),
    refused(
        "4 elements",
        "up to 3 subjects",
        LEAST | {"element_list": [DOG, CAT, HEN, DOG | {"name": "element_cow"}]},
        "element_list",
    ),
    refused(
        "1 image",
        "2 to 4 images per subject",
        LEAST | {"element_list": [DOG | {"element_input_urls": [FIRST]}]},
        "element_list[0].element_input_urls",
    ),
    refused(
        "5 images",
        "2 to 4 images per subject",
        LEAST | {"element_list": [DOG | {"element_input_urls": [FIRST] * 5}]},
        "element_list[0].element_input_urls",
    ),
    refused(
        "no name, no description, no images",
        "name, description, element_input_urls are required",
        LEAST | {"element_list": [{}]},
        "element_list[0].name",
        "element_list[0].description",
        "element_list[0].element_input_urls",
    ),
    refused(
        "an element's voice",
        "Create subjects on the fly with name, description, element_input_urls",
        LEAST | {"element_list": [DOG | {"element_voice_id": "1"}]},
        "element_list[0].element_voice_id",
    ),
    refused("another's name", "Use @name in prompt", LEAST | PLAYING | {"element_list": [DOG]}, "prompt"),
    refused("a name of none", "Use @name in prompt, e.g. @element_dog", LEAST | PLAYING, "prompt"),
]
