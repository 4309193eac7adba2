"""KlingAI's elements: create, query, list, official ones, delete, and what a video may refer to."""

from __future__ import annotations

import re
import time
from datetime import date
from typing import TYPE_CHECKING, Any, cast

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from .conftest import Kling, Receiver

ELEMENTS = "/v1/general/advanced-custom-elements"
PRESETS = "/v1/general/advanced-presets-elements"
DELETES = ("/v1/general/delete-elements", "/v1/general/delete-advanced-elements")
IMAGE_URL = "https://example.com/a.png"
IMAGES = {"frontal_image": IMAGE_URL, "refer_images": [{"image_url": IMAGE_URL}]}
VIDEO = {"refer_videos": [{"video_url": "https://example.com/v.mp4"}]}
DOG = {
    "element_name": "dog",
    "element_description": "a brown dog",
    "reference_type": "image_refer",
    "element_image_list": IMAGES,
}
ACTOR = {
    "element_name": "actor",
    "element_description": "a tall man",
    "reference_type": "video_refer",
    "element_video_list": VIDEO,
}


@pytest.fixture
def kling(start: Callable[..., Kling]) -> Kling:
    kling = start()
    kling.simulator.behaviour.element_generation_s = 0.05
    return kling


def create(kling: Kling, element: dict[str, Any] = DOG, **changed: Any) -> httpx.Response:
    return kling.http.post(ELEMENTS, json=element | changed)


def created(kling: Kling, element: dict[str, Any] = DOG, **changed: Any) -> str:
    """Creates and returns the task's id."""
    answer = create(kling, element, **changed)
    assert answer.status_code == 200, answer.text
    return cast("str", answer.json()["data"]["task_id"])


def query(kling: Kling, reference: str) -> dict[str, Any]:
    answer = kling.http.get(f"{ELEMENTS}/{reference}")
    assert answer.status_code == 200, answer.text
    return cast("dict[str, Any]", answer.json()["data"])


def made(kling: Kling, element: dict[str, Any] = DOG, **changed: Any) -> dict[str, Any]:
    """Creates, waits for the end and returns the element."""
    task_id = created(kling, element, **changed)
    end = time.monotonic() + 5
    while (task := query(kling, task_id))["task_status"] != "succeed":
        assert time.monotonic() < end
        time.sleep(0.01)
    (shown,) = task["task_result"]["elements"]
    return cast("dict[str, Any]", shown)


def delete(kling: Kling, element_id: object, path: str = DELETES[0]) -> httpx.Response:
    return kling.http.post(path, json={"element_id": element_id})


def problem(answer: httpx.Response) -> tuple[int, int, str]:
    body = answer.json()
    return answer.status_code, body["code"], body["message"]


ACCEPTED = {
    "the least of images": DOG,
    "the least of a video": ACTOR,
    "element_name of 20": DOG | {"element_name": "x" * 20},
    "element_description of 100": DOG | {"element_description": "x" * 100},
    "3 refer images": DOG | {"element_image_list": IMAGES | {"refer_images": [{"image_url": IMAGE_URL}] * 3}},
    "all tags": DOG | {"tag_list": [{"tag_id": f"o_{number}"} for number in range(101, 109)]},
    "voice of a video character": ACTOR | {"element_voice_id": "829836802793406551"},
    "empty strings and lists of the examples are absent": DOG
    | {"element_video_list": {}, "element_voice_id": "", "tag_list": [], "callback_url": "", "external_task_id": ""},
}


@pytest.mark.parametrize("body", ACCEPTED.values(), ids=ACCEPTED)
def test_create_accepts(kling: Kling, body: dict[str, Any]) -> None:
    """Create accepts what its rows allow, up to their limits."""
    assert create(kling, body).status_code == 200


REFUSED = {
    "element_name is needed": ("element_name", DOG | {"element_name": ""}),
    "element_name of 21": ("element_name", DOG | {"element_name": "x" * 21}),
    "element_description is needed": ("element_description", DOG | {"element_description": None}),
    "element_description of 101": ("element_description", DOG | {"element_description": "x" * 101}),
    "reference_type is needed": ("reference_type", DOG | {"reference_type": ""}),
    "reference_type: enum": ("reference_type", DOG | {"reference_type": "image"}),
    "images are needed": ("element_image_list.frontal_image", DOG | {"element_image_list": None}),
    "images are an object": ("element_image_list", DOG | {"element_image_list": [IMAGES]}),
    "frontal_image is plain text": (
        "element_image_list.frontal_image",
        DOG | {"element_image_list": IMAGES | {"frontal_image": {"image_url": IMAGE_URL}}},
    ),
    "frontal image alone": (
        "element_image_list.refer_images",
        DOG | {"element_image_list": {"frontal_image": IMAGE_URL}},
    ),
    "no frontal image": (
        "element_image_list.frontal_image",
        DOG | {"element_image_list": IMAGES | {"frontal_image": ""}},
    ),
    "4 refer images": (
        "element_image_list.refer_images",
        DOG | {"element_image_list": IMAGES | {"refer_images": [{"image_url": IMAGE_URL}] * 4}},
    ),
    "refer image without a link": (
        "element_image_list.refer_images[0].image_url",
        DOG | {"element_image_list": IMAGES | {"refer_images": [{}]}},
    ),
    "image as a data URI": (
        "element_image_list.frontal_image: File is not in a valid base64 format",
        DOG | {"element_image_list": IMAGES | {"frontal_image": "data:image/png;base64,AAAA"}},
    ),
    "a video is needed": ("element_video_list.refer_videos", ACTOR | {"element_video_list": None}),
    "exactly one video": (
        "element_video_list.refer_videos",
        ACTOR | {"element_video_list": {"refer_videos": VIDEO["refer_videos"] * 2}},
    ),
    "video of another format": (
        "element_video_list.refer_videos[0].video_url",
        ACTOR | {"element_video_list": {"refer_videos": [{"video_url": "https://e.com/v.avi"}]}},
    ),
    "a video of 2 s": ("element_video_list", ACTOR | {"element_description": "[sim:input=2]"}),
    "a video of 9 s": ("element_video_list", ACTOR | {"element_description": "[sim:input=9]"}),
    "voice id is a string": ("element_voice_id", ACTOR | {"element_voice_id": 829836802793406551}),
    "tag that there is not": ("tag_list[0].tag_id", DOG | {"tag_list": [{"tag_id": "o_109"}]}),
    "tags go in as tag_id": ("tag_list[0].tag_id", DOG | {"tag_list": [{"id": "o_101"}]}),
    "callback_url": ("callback_url", DOG | {"callback_url": "nowhere"}),
    "a marker that there is not": ("simulator: marker", DOG | {"element_description": "[sim:nonsense]"}),
}


@pytest.mark.parametrize(("field", "body"), REFUSED.values(), ids=REFUSED)
def test_create_refuses(kling: Kling, field: str, body: dict[str, Any]) -> None:
    """Create refuses what is beyond a row with 400 / 1201; the message begins with the field's name."""
    status, code, message = problem(create(kling, body))
    assert (status, code) == (400, 1201)
    assert message.startswith(field)
    assert kling.simulator.elements() == []


@pytest.mark.parametrize(("day", "status"), [("2026-03-22", 400), ("2026-03-23", 200)])
def test_voices_on_images(start: Callable[..., Kling], day: str, status: int) -> None:
    """Kling's changelog: since 2026-03-23 multi-image elements may bind a voice too."""
    kling = start(rules_as_of=date.fromisoformat(day))
    assert create(kling, element_voice_id="1").status_code == status


def test_create_answer(kling: Kling) -> None:
    """Create's answer is the common one: a task, submitted, no element yet; with a slash at the path's end as well."""
    answer = kling.http.post(f"{ELEMENTS}/", json=DOG | {"external_task_id": "mine-1"}).json()
    data = answer["data"]
    assert (answer["code"], answer["message"]) == (0, "SUCCEED")
    assert set(data) == {"task_id", "task_info", "task_status", "created_at", "updated_at"}
    assert re.fullmatch(r"[0-9]{18}", data["task_id"])
    assert (data["task_status"], data["task_info"]) == ("submitted", {"external_task_id": "mine-1"})


def test_life(kling: Kling) -> None:
    """Elements are made in their own time, by the states of all tasks; the element comes with the end."""
    kling.simulator.behaviour.element_generation_s = 1.0
    task_id = created(kling)
    assert query(kling, task_id)["task_status"] == "submitted"
    time.sleep(0.5)
    halfway = query(kling, task_id)
    assert (halfway["task_status"], "task_result" in halfway) == ("processing", False)
    time.sleep(0.55)
    assert query(kling, task_id)["task_status"] == "succeed"


def test_result_of_images(kling: Kling) -> None:
    """Query's `elements[]`: the number, the words, Kling's own links, tags otherwise named than given; for nothing."""
    element = made(kling, tag_list=[{"tag_id": "o_103"}], external_task_id="mine")
    number = element.pop("element_id")
    assert (type(number), len(str(number)), number < 2**53) == (int, 15, True)
    images = element.pop("element_image_list")
    assert (set(images), len(images["refer_images"]), set(images["refer_images"][0])) == (
        {"frontal_image", "refer_images"},
        1,
        {"image_url"},
    )
    assert IMAGE_URL not in str(images)
    assert element == {
        "element_name": "dog",
        "element_description": "a brown dog",
        "reference_type": "image_refer",
        "tag_list": [{"id": "o_103", "name": "Animal", "description": ""}],
        "owned_by": "simulated-account",
        "status": "succeed",
    }
    task = query(kling, "mine")
    assert (task["final_unit_deduction"], task["task_status_msg"]) == ("0", "")


def test_result_of_a_video(kling: Kling) -> None:
    """A video character element shows its video, and the voice that is bound to it."""
    element = made(kling, ACTOR, element_voice_id="77")
    assert (element["reference_type"], list(element["element_video_list"])) == ("video_refer", ["refer_videos"])
    assert "element_image_list" not in element
    assert set(element["element_voice_info"]) == {"voice_id", "voice_name", "trial_url", "owned_by"}
    assert (element["element_voice_info"]["voice_id"], element["element_voice_info"]["owned_by"]) == ("77", "kling")


def test_query_is_by_task_never_by_element(kling: Kling) -> None:
    """The id of a query is the creating task's or the external one; an element's, or a video's, finds nothing."""
    element = made(kling, external_task_id="mine")
    assert query(kling, "mine")["task_result"]["elements"] == [element]
    for reference in (str(element["element_id"]), kling.created()):
        answer = kling.http.get(f"{ELEMENTS}/{reference}")
        assert problem(answer) == (400, 1201, f"Task not found by id/external id: {reference}")


def test_external_ids_are_unique_over_products(kling: Kling) -> None:
    """An external id that a video or an element has is refused for either."""
    created(kling, external_task_id="one")
    kling.created(external_task_id="two")
    for external_id in ("one", "two"):
        refused = (400, 1201, f"External_task_id {external_id} already exists")
        assert problem(create(kling, external_task_id=external_id)) == refused
        assert problem(kling.create(external_task_id=external_id)) == refused


def test_list(kling: Kling) -> None:
    """A list is a bare array of the tasks that make elements, newest first, by pageNum and pageSize."""
    tasks = [created(kling) for _ in range(5)]
    kling.created()

    def listed(**page: int) -> list[str]:
        return [task["task_id"] for task in kling.http.get(ELEMENTS, params=page).json()["data"]]

    assert listed() == tasks[::-1]
    assert listed(pageNum=2, pageSize=2) == [tasks[2], tasks[1]]
    assert kling.http.get(f"{ELEMENTS}?pageSize=501").status_code == 400


def test_presets(kling: Kling) -> None:
    """The official elements: the same shape, `owned_by` kling, no deduction; paged; only to be read."""
    tasks = kling.http.get(PRESETS).json()["data"]
    elements = [task["task_result"]["elements"][0] for task in tasks]
    assert [160, 161, 162, 163] == [element["element_id"] for element in elements]
    assert {"kling"} == {element["owned_by"] for element in elements}
    assert not any("final_unit_deduction" in task for task in tasks)
    assert kling.http.get(PRESETS, params={"pageNum": 2, "pageSize": 3}).json()["data"] == tasks[3:]
    assert problem(kling.http.post(PRESETS, json={}))[:2] == (404, 1202)


@pytest.mark.parametrize("path", DELETES)
def test_delete(kling: Kling, path: str) -> None:
    """Both paths delete: the answer is a task's, the element reads `deleted`, and no video can use it any more."""
    number = made(kling, external_task_id="mine")["element_id"]
    used = {"element_list": [{"element_id": number}]}
    assert kling.create(**used).status_code == 200
    answer = delete(kling, str(number), path).json()
    assert (answer["code"], re.fullmatch(r"[0-9]{18}", answer["data"]["task_id"]) is not None) == (0, True)
    assert "submitted" == answer["data"]["task_status"]
    assert "deleted" == query(kling, "mine")["task_result"]["elements"][0]["status"]
    assert problem(kling.create(**used)) == (400, 1201, f"element_list[0].element_id {number} not found")


def test_delete_refuses(kling: Kling) -> None:
    """Custom elements that exist can be deleted, by a string, once; how others are refused is a guess."""
    number = made(kling)["element_id"]
    assert problem(delete(kling, number)) == (400, 1201, "element_id must be a string")
    assert problem(delete(kling, "160")) == (400, 1201, "element_id 160 is not a custom element")
    assert problem(delete(kling, "5")) == (400, 1201, "element_id 5 not found")
    assert delete(kling, str(number)).status_code == 200
    assert problem(delete(kling, str(number))) == (400, 1201, f"element_id {number} not found")
    assert problem(kling.http.get(DELETES[0]))[:2] == (404, 1202)


def test_videos_know_the_kind(kling: Kling) -> None:
    """A made element counts as what it was made from: a video character is refused with a reference video."""
    video = {"video_list": [{"video_url": "https://example.com/v.mp4", "refer_type": "feature"}]}
    dog, actor = (made(kling, element)["element_id"] for element in (DOG, ACTOR))
    assert kling.create(element_list=[{"element_id": dog}], **video).status_code == 200
    assert problem(kling.create(element_list=[{"element_id": actor}], **video))[:2] == (400, 1201)


def test_an_unfinished_element_is_not_there(kling: Kling) -> None:
    """Until its task has succeeded, nothing can refer to an element."""
    kling.simulator.behaviour.element_generation_s = 60
    created(kling)
    (element,) = kling.simulator.elements()
    assert kling.create(element_list=[{"element_id": element["element_id"]}]).status_code == 400


@pytest.mark.parametrize("place", ["element_name", "element_description"])
def test_failing(kling: Kling, until: Callable[..., None], place: str) -> None:
    """A marker in the name or the description makes its task fail; there is no element then."""
    task_id = created(kling, **{place: "[sim:fail=no dog]"})
    until(lambda: query(kling, task_id)["task_status"] == "failed")
    task = query(kling, task_id)
    assert (task["task_status_msg"], "task_result" in task) == ("no dog", False)
    (seen,) = kling.simulator.elements()
    assert (seen["state"], seen["made_at"]) == ("failed", None)


def test_markers_of_time(kling: Kling) -> None:
    """`[sim:generation=…]` says how long a video or an element takes; a name has room for it."""
    task_id = created(kling, element_name="[sim:generation=60]")
    task = kling.simulator.book.find(task_id)
    assert task is not None
    assert 60 == task.generation_s


def test_callback(kling: Kling, receiver: Receiver, until: Callable[..., None]) -> None:
    """An element's callback is the flat task; `elements` is not in the documented form, so it is not there."""
    task_id = created(kling, callback_url=receiver.url, external_task_id="mine")
    until(lambda: receiver.words() == ["processing", "succeed"])
    body = receiver.posts[-1]["json"]
    assert (body["task_id"], body["task_info"], body["task_result"]) == (task_id, {"external_task_id": "mine"}, {})
    assert "watermark_info" not in body


def test_silent(kling: Kling, receiver: Receiver) -> None:
    """Silent: the element is made, nobody is told."""
    made(kling, element_description="[sim:silent]", callback_url=receiver.url)
    time.sleep(0.1)
    assert [] == receiver.posts


def test_lost_answer(kling: Kling) -> None:
    """A lost answer leaves a task, which its external id finds, and which the same id finds used."""
    with pytest.raises(Exception, match="disconnected"):
        create(kling, element_description="[sim:lost_answer]", external_task_id="mine")
    assert query(kling, "mine")["task_info"] == {"external_task_id": "mine"}
    assert create(kling, external_task_id="mine").status_code == 400


def test_elements_take_no_slot(kling: Kling) -> None:
    """Whether an element's task takes a slot is not documented; here only videos do."""
    kling.simulator.behaviour.capacity = 1
    kling.simulator.behaviour.element_generation_s = 60
    created(kling)
    created(kling)
    kling.created(prompt="[sim:generation=60]")
    assert kling.create().status_code == 429
    assert create(kling).status_code == 200


def test_no_media(kling: Kling, until: Callable[..., None]) -> None:
    """An element's task has no file."""
    task_id = created(kling)
    until(lambda: query(kling, task_id)["task_status"] == "succeed")
    (task,) = kling.simulator.tasks()
    assert ("element", "a brown dog") == (task["product"], task["prompt"])
    assert kling.http.get(task["video_url"]).status_code == 404
    assert "a brown dog" in kling.http.get("/").text


def test_what_tests_see(kling: Kling) -> None:
    """GET /_sim/elements tells each element's life, and which videos refer to it."""
    number = made(kling, external_task_id="mine")["element_id"]
    video = kling.created(element_list=[{"element_id": number}])
    kling.created()
    delete(kling, str(number))
    (seen,) = kling.http.get("/_sim/elements").json()
    assert [seen] == kling.simulator.elements()
    assert seen["created_at"] < seen.pop("made_at") <= seen.pop("deleted_at") <= time.time()
    del seen["created_at"]
    assert {
        "element_id": number,
        "name": "dog",
        "description": "a brown dog",
        "kind": "image_refer",
        "state": "deleted",
        "task_id": query(kling, "mine")["task_id"],
        "external_id": "mine",
        "used_by": [video],
    } == seen
