"""The element family of Kling's API specification of 2026-02-10: creates, queries, lists, presets, deletions, callbacks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from klingway.domain.elements import ElementState
from klingway.domain.errors import InvalidRequestError
from klingway.domain.ids import ProviderName
from klingway.domain.request import Element
from klingway.domain.validation import provider_problems, read_request
from klingway.providers import registry
from klingway.providers.spoken import their_place

from tests.conformance.harness import SEED_DAY, provider_of
from tests.conformance.klingai.building import places_in, without
from tests.conformance.klingai.examples import CALLBACK, CLIP, OTHER_PICTURE, PICTURE
from tests.conformance.klingai.shown import CREATED_MS, DOG, ELEMENT_ID, RISK, UPDATED_MS, element

if TYPE_CHECKING:
    from collections.abc import Mapping

FOUND = registry.dialect_of(ProviderName("klingai")).elements
assert FOUND is not None
ELEMENTS = FOUND

FROM_IMAGES: dict[str, Any] = {
    "element_name": "dog",
    "element_description": "a brown dog",
    "reference_type": "image_refer",
    "element_image_list": {
        "frontal_image": PICTURE,
        "refer_images": [{"image_url": OTHER_PICTURE}, {"image_url": PICTURE}],
    },
    "callback_url": CALLBACK,
    "external_task_id": "",
    "tag_list": [{"tag_id": "o_103"}],
}
"""The example "Create Multi-Image Elements", without the voice that the table keeps for elements made from videos."""
FROM_VIDEO: dict[str, Any] = {
    "element_name": "man",
    "element_description": "a man who speaks",
    "reference_type": "video_refer",
    "element_video_list": {"refer_videos": [{"video_url": CLIP}]},
    "element_voice_id": 829877190543323,
    "callback_url": CALLBACK,
    "external_task_id": "",
    "tag_list": [{"tag_id": "o_102"}],
}
"""The example "Create Video Character Elements"."""
DOG_AT_KLING = without(FROM_IMAGES, "callback_url", "external_task_id")
MAN_AT_KLING = without(FROM_VIDEO, "callback_url", "external_task_id") | {"element_voice_id": "829877190543323"}


def images(*others: str, **changed: Any) -> dict[str, Any]:
    """Return a list of images."""
    return {"frontal_image": PICTURE, "refer_images": [{"image_url": url} for url in others]} | changed


@dataclass(frozen=True)
class Verdict:
    """What came of a create: where it is refused, or what arrives at Kling."""

    refused: frozenset[str]
    at_kling: Mapping[str, Any] | None = None
    warned: frozenset[str] = frozenset()


def judged(body: dict[str, Any], rules_as_of: date = SEED_DAY) -> Verdict:
    """Read a create, hold its definition against KlingAI's profile, and render it."""
    provider = provider_of("klingai", rules_as_of)
    assert provider.elements is not None
    try:
        translated = ELEMENTS.translate(body)
    except InvalidRequestError as error:
        return Verdict(frozenset(problem.field for problem in error.problems))
    inside = {"prompt": "<<<element_1>>>", "elements": [translated.definition]}
    request, problems, broken = read_request("video", inside)
    problems = [*problems, *provider_problems(request, provider.profile, broken)]
    if problems:
        places = [problem.field.removeprefix("elements[0].") for problem in problems]
        return Verdict(frozenset(their_place(place, translated.places) for place in places))
    definition = Element.model_validate(translated.definition)
    wire = provider.elements.render(definition, reference="el", callback_url=None)
    warned = frozenset(warning.partition(":")[0] for warning in translated.warnings)
    return Verdict(frozenset(), without(dict(wire.body), "external_task_id"), warned)


TAKEN: dict[str, tuple[dict[str, Any], dict[str, Any], frozenset[str]]] = {
    "the example from images": (FROM_IMAGES, DOG_AT_KLING, frozenset()),
    "the example from a video": (FROM_VIDEO, MAN_AT_KLING, frozenset()),
    "a name of 20 characters": (
        FROM_IMAGES | {"element_name": "x" * 20}, DOG_AT_KLING | {"element_name": "x" * 20}, frozenset(),
    ),
    "a description of 100 characters": (
        FROM_IMAGES | {"element_description": "x" * 100}, DOG_AT_KLING | {"element_description": "x" * 100}, frozenset(),
    ),
    "images in a list, as the table has it": (
        FROM_IMAGES | {"element_image_list": [FROM_IMAGES["element_image_list"]]}, DOG_AT_KLING, frozenset(),
    ),
    "a video in a list, as the table has it": (
        FROM_VIDEO | {"element_video_list": [FROM_VIDEO["element_video_list"]]}, MAN_AT_KLING, frozenset(),
    ),
    "one other image": (
        FROM_IMAGES | {"element_image_list": images(OTHER_PICTURE)},
        DOG_AT_KLING | {"element_image_list": images(OTHER_PICTURE)}, frozenset(),
    ),
    "three other images": (
        FROM_IMAGES | {"element_image_list": images(OTHER_PICTURE, OTHER_PICTURE, OTHER_PICTURE)},
        DOG_AT_KLING | {"element_image_list": images(OTHER_PICTURE, OTHER_PICTURE, OTHER_PICTURE)}, frozenset(),
    ),
    "a video that does not count": (
        FROM_IMAGES | {"element_video_list": FROM_VIDEO["element_video_list"]}, DOG_AT_KLING,
        frozenset({"element_video_list"}),
    ),
    "images that do not count": (
        FROM_VIDEO | {"element_image_list": images(OTHER_PICTURE)}, MAN_AT_KLING, frozenset({"element_image_list"}),
    ),
    "no tags and no voice": (
        FROM_VIDEO | {"tag_list": [], "element_voice_id": ""}, without(MAN_AT_KLING, "tag_list", "element_voice_id"),
        frozenset(),
    ),
    "every tag": (
        FROM_IMAGES | {"tag_list": [{"tag_id": f"o_{number}"} for number in range(101, 109)]},
        DOG_AT_KLING | {"tag_list": [{"tag_id": f"o_{number}"} for number in range(101, 109)]}, frozenset(),
    ),
}  # fmt: skip

REFUSED: dict[str, tuple[dict[str, Any], set[str]]] = {
    "element_name: Must not exceed 20 characters": (FROM_IMAGES | {"element_name": "x" * 21}, {"element_name"}),
    "element_name: Required": (without(FROM_IMAGES, "element_name"), {"element_name"}),
    "element_description: Must not exceed 100 characters": (
        FROM_IMAGES | {"element_description": "x" * 101}, {"element_description"},
    ),
    "element_description: Required": (FROM_IMAGES | {"element_description": ""}, {"element_description"}),
    "reference_type: Enum values: video_refer, image_refer": (FROM_IMAGES | {"reference_type": "image"}, {"reference_type"}),
    "reference_type: Required": (without(FROM_IMAGES, "reference_type"), {"reference_type"}),
    "When the value of reference_type is image_refer, the current parameter is required": (
        without(FROM_IMAGES, "element_image_list"), {"element_image_list"},
    ),
    "Current parameters are required when referencing videos": (
        without(FROM_VIDEO, "element_video_list"), {"element_video_list"},
    ),
    "At least include one frontal reference image": (
        FROM_IMAGES | {"element_image_list": {"refer_images": [{"image_url": PICTURE}]}},
        {"element_image_list.frontal_image"},
    ),
    "It is required to include 1 to 3 additional reference images: none": (
        FROM_IMAGES | {"element_image_list": images()}, {"element_image_list.refer_images"},
    ),
    "It is required to include 1 to 3 additional reference images: four": (
        FROM_IMAGES | {"element_image_list": images(*[PICTURE] * 4)}, {"element_image_list.refer_images"},
    ),
    "do not add any prefixes": (
        FROM_IMAGES | {"element_image_list": images("data:image/png;base64,iVBORw0KGgo=")},
        {"element_image_list.refer_images[0].image_url"},
    ),
    "Only supports 1 video can be uploaded": (
        FROM_VIDEO | {"element_video_list": {"refer_videos": [{"video_url": CLIP}, {"video_url": CLIP}]}},
        {"element_video_list.refer_videos"},
    ),
    "The value of video_url parameter must not be empty": (
        FROM_VIDEO | {"element_video_list": {"refer_videos": [{"video_url": ""}]}},
        {"element_video_list.refer_videos[0].video_url"},
    ),
    "Only the elements customized for video support binding with voice, as the example from images does": (
        FROM_IMAGES | {"element_voice_id": 829877190543323}, {"element_voice_id"},
    ),
    "The relationship between tag ID and name: o_101 to o_108": (
        FROM_IMAGES | {"tag_list": [{"tag_id": "o_109"}]}, {"tag_list[0].tag_id"},
    ),
    "the table's rows": (FROM_IMAGES | {"element_frontal_image": PICTURE}, {"element_frontal_image"}),
}  # fmt: skip

FIELDS = {
    "element_name", "element_description", "reference_type", "element_image_list", "element_image_list.frontal_image",
    "element_image_list.refer_images", "element_image_list.refer_images[].image_url", "element_video_list",
    "element_video_list.refer_videos", "element_video_list.refer_videos[].video_url", "element_voice_id", "tag_list",
    "tag_list[].tag_id", "callback_url", "external_task_id",
}  # fmt: skip


@pytest.mark.parametrize(("body", "at_kling", "warned"), TAKEN.values(), ids=TAKEN.keys())
def test_an_element_is_made_at_kling(body: dict[str, Any], at_kling: dict[str, Any], warned: frozenset[str]) -> None:
    """In "General - Create Element": what arrives, and what is said to be ignored."""
    assert Verdict(frozenset(), at_kling, warned) == judged(body)


@pytest.mark.parametrize(("body", "places"), REFUSED.values(), ids=REFUSED.keys())
def test_an_element_is_refused(body: dict[str, Any], places: set[str]) -> None:
    """In "General - Create Element": at the field of the sentence that it breaks."""
    assert places == judged(body).refused


def test_a_voice_of_an_element_from_images_later() -> None:
    """Kling API updates, 2026-03-23: multi-image elements may bind a voice too."""
    verdict = judged(FROM_IMAGES | {"element_voice_id": 829877190543323}, date(2026, 3, 23))

    assert Verdict(frozenset(), DOG_AT_KLING | {"element_voice_id": "829877190543323"}) == verdict


def test_the_ways_to_hear_of_it() -> None:
    """`callback_url` and `external_task_id` are the caller's own, for the gateway."""
    translated = ELEMENTS.translate(FROM_IMAGES | {"external_task_id": "dog-1"})

    assert (CALLBACK, "dog-1") == (translated.callback_url, translated.external_id)
    assert {"callback_url", "external_task_id"}.isdisjoint(translated.definition)


def test_every_field_has_a_case() -> None:
    """Every row of the table, and every key of its samples."""
    assert set() == FIELDS - {place for body, _, _ in TAKEN.values() for place in places_in("", body)}


CREATED: dict[str, Any] = {
    "task_id": ELEMENT_ID,
    "task_info": {"external_task_id": "dog-1"},
    "created_at": CREATED_MS,
    "updated_at": UPDATED_MS,
}
MADE: dict[str, Any] = {
    "element_id": 4811234567890123,
    "element_name": "dog",
    "element_description": "a brown dog",
    "reference_type": "image_refer",
    "element_image_list": {
        "frontal_image": "https://example.com/a.png",
        "refer_images": [{"image_url": "https://example.com/b.jpg"}, {"image_url": "s3://bucket/inputs/acme/c.png"}],
    },
    "tag_list": [{"id": "o_103", "name": "Animal", "description": ""}],
    "owned_by": "acme",
    "status": "succeed",
}
MAN = {"name": "man", "description": "a man", "video": CLIP, "voice_id": "829877190543323"}
TOLD: dict[str, tuple[Any, dict[str, Any]]] = {
    "wanted": (element(ElementState.WANTED), {"task_status": "submitted", "task_status_msg": ""}),
    "being asked for": (element(ElementState.SUBMITTING), {"task_status": "submitted", "task_status_msg": ""}),
    "being made": (element(ElementState.RUNNING), {"task_status": "processing", "task_status_msg": ""}),
    "failed": (
        element(ElementState.FAILED, error=RISK),
        {"task_status": "failed", "task_status_msg": "Failure to pass the risk control system"},
    ),
    "made from images": (
        element(ElementState.READY),
        {"task_status": "succeed", "task_status_msg": "", "task_result": {"elements": [MADE]}},
    ),
    "made from a video": (
        element(ElementState.READY, MAN),
        {
            "task_status": "succeed", "task_status_msg": "",
            "task_result": {
                "elements": [
                    {
                        "element_id": 4811234567890123, "element_name": "man", "element_description": "a man",
                        "reference_type": "video_refer", "element_video_list": {"refer_videos": [{"video_url": CLIP}]},
                        "element_voice_info": {"voice_id": "829877190543323"}, "tag_list": [], "owned_by": "acme",
                        "status": "succeed",
                    },
                ],
            },
        },
    ),
    "being deleted": (
        element(ElementState.DELETING),
        {"task_status": "succeed", "task_status_msg": "", "task_result": {"elements": [MADE | {"status": "deleted"}]}},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("told", "expected"), TOLD.values(), ids=TOLD.keys())
def test_a_query_tells_of_the_element(told: Any, expected: dict[str, Any]) -> None:
    """In "Query Custom Element (Single)": the task, and the element with its number once it is made."""
    said = ELEMENTS.show(told)

    assert (200, {"code": 0, "message": "SUCCEED", "request_id": ELEMENT_ID, "data": CREATED | expected}) == (
        said.status, said.body,
    )  # fmt: skip
    assert CREATED | expected == ELEMENTS.callback(told)
    assert [CREATED | expected] * 2 == ELEMENTS.show_many([told, told]).body["data"]


def test_a_create_is_answered_without_the_element() -> None:
    """In "Response Body": the common one."""
    said = ELEMENTS.accepted(element(ElementState.RUNNING, DOG))

    assert CREATED | {"task_status": "processing"} == said.body["data"]


def test_an_element_without_a_name_of_the_callers() -> None:
    """As in requests, an empty text says that there is none."""
    assert {"external_task_id": ""} == ELEMENTS.accepted(element(ElementState.READY, origin=None)).body["data"][
        "task_info"
    ]


def test_klings_own_elements_are_handed_on_as_they_come() -> None:
    """In "Query Presets Element (List)": a bare array, whatever its entries hold."""
    entries = [{"task_id": "1", "task_result": {"elements": [{"element_id": 1, "owned_by": "kling"}]}}]

    assert {"code": 0, "message": "SUCCEED", "request_id": "", "data": entries} == ELEMENTS.presets(entries).body


@pytest.mark.parametrize("said", ["4811234567890123", 4811234567890123])
def test_which_element_to_delete(said: object) -> None:
    """In "Delete Custom Element": element_id, string, Required; a number is taken as well."""
    assert "4811234567890123" == ELEMENTS.element_id({"element_id": said})


@pytest.mark.parametrize("body", [{}, {"element_id": ""}, {"element_id": "dog"}, {"element_id": None}])
def test_no_element_to_delete(body: dict[str, Any]) -> None:
    """It must be a number, and be there."""
    with pytest.raises(InvalidRequestError) as caught:
        ELEMENTS.element_id(body)

    assert ["element_id"] == [problem.field for problem in caught.value.problems]


def test_a_deletion_is_answered_like_a_task() -> None:
    """In "Response Body": task_id and task_status."""
    said = ELEMENTS.deleted("4811234567890123")

    assert (0, {"task_id": "4811234567890123", "task_status": "succeed"}) == (said.body["code"], said.body["data"])
