"""APIMart, Kling v3: `element_list`, and how prompts call elements."""

from __future__ import annotations

from tests.conformance.apimart import CAT, DOG, FIRST, HEN, accepted, refused, several, without
from tests.conformance.apimart_v3.bodies import ARRIVES, LEAST, STORY, STORY_ARRIVES

CHASE = {"prompt": "@element_dog chasing @element_cat on grass"}
ELEMENTS = [
    accepted(
        "elements by name",
        "Reference elements in prompt with @name, e.g. @element_dog chasing @element_cat on grass; 2-4 images per subject",
        LEAST | CHASE | {"element_list": [DOG, CAT]},
        ARRIVES | CHASE | {"element_list": [DOG, CAT]},
    ),
    accepted(
        "3 elements, one of 4 images",
        "Reference subject list, up to 3 subjects; 2-4 images per subject",
        LEAST | CHASE | {"element_list": [DOG, CAT, HEN]},
        ARRIVES | CHASE | {"element_list": [DOG, CAT, HEN]},
    ),
    accepted(
        "an element that no prompt calls",
        "Reference subject list",
        LEAST | {"element_list": [DOG]},
        ARRIVES | {"element_list": [DOG]},
    ),
    refused(
        "4 elements",
        "up to 3 subjects",
        LEAST | {"element_list": [DOG, CAT, HEN, DOG | {"name": "fox"}]},
        "element_list",
    ),
    refused(
        "1 image",
        "element_input_urls: 2-4 images",
        LEAST | {"element_list": [DOG | {"element_input_urls": [FIRST]}]},
        "element_list[0].element_input_urls",
    ),
    refused(
        "5 images",
        "element_input_urls: 2-4 images",
        LEAST | {"element_list": [CAT, DOG | {"element_input_urls": [FIRST] * 5}]},
        "element_list[1].element_input_urls",
    ),
    refused(
        "no name",
        "name … required for on-the-fly creation",
        LEAST | {"element_list": [without(DOG, "name")]},
        "element_list[0].name",
    ),
    refused(
        "no description",
        "description … required for on-the-fly creation",
        LEAST | {"element_list": [DOG | {"description": ""}]},
        "element_list[0].description",
    ),
    refused(
        "no images",
        "element_input_urls … required for on-the-fly creation",
        LEAST | {"element_list": [without(DOG, "element_input_urls")]},
        "element_list[0].element_input_urls",
    ),
    refused(
        "an element by id",
        "Create on the fly via name, description, element_input_urls",
        LEAST | {"element_list": [{"element_id": 160}]},
        "element_list[0].element_id",
        "element_list[0].name",
        "element_list[0].description",
        "element_list[0].element_input_urls",
    ),
    refused(
        "two of one name",
        "Reference elements in prompt with @name: whose?",
        LEAST | {"element_list": [DOG, CAT | {"name": "element_dog"}]},
        "element_list[1].name",
    ),
    refused(
        "another element's name",
        "Reference elements in prompt with @name",
        LEAST | {"prompt": "@element_cow runs", "element_list": [DOG]},
        "prompt",
    ),
    refused(
        "a word behind @",
        "Reference elements in prompt with @name",
        LEAST | {"prompt": "@cow runs", "element_list": [DOG]},
        "prompt",
    ),
    refused(
        "another name in a shot",
        "Reference elements in prompt with @name",
        STORY | several(5, prompt="@element_cow runs") | {"element_list": [DOG]},
        "multi_prompt[0].prompt",
    ),
    refused("a name of no element", "e.g. @element_dog", LEAST | {"prompt": "@element_dog runs"}, "prompt"),
    accepted(
        "an @ without elements",
        "Reference elements: there are none",
        LEAST | {"prompt": "a sign that says @fox"},
        ARRIVES | {"prompt": "a sign that says @fox"},
    ),
    accepted(
        "a name in a prompt that counts for nothing",
        "When multi_shot=true, top-level prompt can be omitted",
        STORY | {"prompt": "@element_cow"},
        STORY_ARRIVES,
        "prompt",
    ),
]
