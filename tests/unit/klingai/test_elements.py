"""KlingAI's registry of elements: golden bodies and answers written by hand from the documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from klingway.domain.request import Element
from klingway.providers.contract import (
    AnswerLostError,
    Created,
    ElementTask,
    Failed,
    Made,
    NotSentError,
    ProviderError,
    Running,
)

from tests.unit.builders import (
    API_KEY,
    BASE_URL,
    CALLBACK_URL,
    CLIP,
    END_PICTURE,
    PICTURE,
    TASK_ID,
    HttpAnswer,
    ScriptedHttp,
    answer,
    klingai,
    refused,
    task,
)

if TYPE_CHECKING:
    from klingway.providers.contract import ElementRegistry

PATH, DELETE = "/v1/general/advanced-custom-elements", "/v1/general/delete-elements"
ELEMENT_ID = "el_01JD4ZK8M0ABCDEFGHJKMNPQRS"
HANDLE = {"path": PATH, "task_id": TASK_ID}
DOG = {"name": "dog", "description": "a brown dog", "images": [PICTURE, END_PICTURE]}
OURS = {"callback_url": CALLBACK_URL, "external_task_id": ELEMENT_ID}


def registry(*answers: HttpAnswer | Exception) -> tuple[ElementRegistry, ScriptedHttp]:
    provider, http = klingai(*answers)
    assert provider.elements is not None
    return provider.elements, http


def made(element_id: object, **changed: Any) -> dict[str, Any]:
    """Return the answer to a query about an element that is made."""
    element = {
        "element_id": element_id,
        "element_name": "dog",
        "element_description": "a brown dog",
        "reference_type": "image_refer",
        "element_image_list": {"frontal_image": PICTURE, "refer_images": [{"image_url": END_PICTURE}]},
        "tag_list": [{"id": "o_103", "name": "Animal", "description": ""}],
        "owned_by": "me",
        "status": "succeed",
    } | changed
    return task("succeed", task_result={"elements": [element]}, final_unit_deduction="0")


GOLDEN: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "two images": (
        DOG,
        {
            "element_name": "dog", "element_description": "a brown dog", "reference_type": "image_refer",
            "element_image_list": {"frontal_image": PICTURE, "refer_images": [{"image_url": END_PICTURE}]},
            **OURS,
        },
    ),
    "four images, a voice and tags": (
        DOG | {"images": [PICTURE, END_PICTURE, PICTURE, END_PICTURE], "voice_id": "829877", "tags": ["o_103", "o_108"]},
        {
            "element_name": "dog", "element_description": "a brown dog", "reference_type": "image_refer",
            "element_image_list": {
                "frontal_image": PICTURE,
                "refer_images": [{"image_url": END_PICTURE}, {"image_url": PICTURE}, {"image_url": END_PICTURE}],
            },
            "element_voice_id": "829877", "tag_list": [{"tag_id": "o_103"}, {"tag_id": "o_108"}],
            **OURS,
        },
    ),
    "a video": (
        {"name": "anna", "description": "a woman in red", "video": CLIP, "voice_id": "829877"},
        {
            "element_name": "anna", "element_description": "a woman in red", "reference_type": "video_refer",
            "element_video_list": {"refer_videos": [{"video_url": CLIP}]},
            "element_voice_id": "829877",
            **OURS,
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize(("definition", "expected"), GOLDEN.values(), ids=GOLDEN)
def test_a_definition_in_klings_words(definition: dict[str, Any], expected: dict[str, Any]) -> None:
    """Create Element: the first image is the frontal one; a voice is text; what is not given is left out."""
    elements, http = registry(answer({}))

    wire = elements.render(Element.model_validate(definition), reference=ELEMENT_ID, callback_url=CALLBACK_URL)

    assert (PATH, expected, {"path": PATH}) == (wire.path, wire.body, wire.handle)
    assert [] == http.calls, "rendering calls nobody"


def test_without_a_callback_or_tags_there_are_none() -> None:
    """Fields are left out, not empty."""
    elements, _ = registry(answer({}))

    wire = elements.render(Element.model_validate(DOG | {"tags": []}), reference=ELEMENT_ID, callback_url=None)

    assert not {"callback_url", "tag_list", "element_voice_id", "element_video_list"} & set(wire.body)


def create(*answers: HttpAnswer | Exception) -> tuple[ElementTask, ScriptedHttp]:
    elements, http = registry(*answers)
    wire = elements.render(Element.model_validate(DOG), reference=ELEMENT_ID, callback_url=None)
    return elements.create(wire, timeout_s=20), http


def test_a_create_is_posted_once_and_is_running() -> None:
    """The common create answer: a task, and no element yet."""
    found, http = create(answer(task()))

    (call,) = http.calls
    assert ("POST", BASE_URL + PATH, 20, True) == (call.method, call.url, call.timeout_s, call.fresh_connection)
    assert f"Bearer {API_KEY}" == call.headers["Authorization"]
    assert ElementTask(task_id=TASK_ID, handle=HANDLE, outcome=Running()) == found


def test_a_create_under_a_reference_that_is_known_says_so() -> None:
    """External ids are unique per account, over all products: the first one is to be adopted."""
    with pytest.raises(ProviderError) as failed:
        create(answer(refused(1201, f"External_task_id {ELEMENT_ID} already exists"), 400))

    assert (True, Created.NO) == (failed.value.already_exists, failed.value.created)


@pytest.mark.parametrize(
    ("given", "code", "created"),
    [
        (answer(refused(1201, "refer_images must not be empty"), 400), "refused_by_provider", Created.NO),
        (answer(refused(1301), 400), "moderation_refused", Created.NO),
        (answer(refused(1302), 429), "provider_rate_limited", Created.NO),
        (answer(refused(5000), 500), "provider_failed", Created.MAYBE),
        (answer(b"<html>", 502), "provider_failed", Created.MAYBE),
        (answer(b"<html>"), "provider_answer_unreadable", Created.MAYBE),
        (NotSentError("refused"), "provider_unreachable", Created.NO),
        (AnswerLostError("reset"), "provider_answer_lost", Created.MAYBE),
    ],
)
def test_errors_of_a_create_are_those_of_the_table(given: HttpAnswer | Exception, code: str, created: Created) -> None:
    """Elements have no errors of their own."""
    with pytest.raises(ProviderError) as failed:
        create(given)

    assert (code, created, False) == (failed.value.error.code, failed.value.created, failed.value.already_exists)


def check(*answers: HttpAnswer | Exception) -> ElementTask:
    return registry(*answers)[0].check(HANDLE)


@pytest.mark.parametrize("element_id", [829836802793406551, "829836802793406551"], ids=["a long", "text"])
def test_an_element_that_is_made_has_an_id_of_its_own(element_id: object) -> None:
    """18 digits, exactly: a number in results, text with us."""
    assert ElementTask(task_id=TASK_ID, handle=HANDLE, outcome=Made(element_id="829836802793406551")) == check(
        answer(made(element_id))
    )


@pytest.mark.parametrize("word", ["submitted", "processing"])
def test_an_element_that_is_being_made_is_running(word: str) -> None:
    """The words of every task."""
    assert Running() == check(answer(task(word))).outcome


def test_an_unknown_word_is_running_and_told() -> None:
    """No failure, but counted."""
    assert Running(unknown_status="queueing") == check(answer(task("queueing"))).outcome


@pytest.mark.parametrize(
    "result",
    [None, {}, {"elements": []}, {"elements": None}, {"elements": [{}]}, {"elements": [{"element_id": None}]},
     {"elements": [{"element_id": "elm-1"}]}, {"elements": [{"element_id": 8.298368027934066e17}]},
     {"elements": [{"element_id": True}]}],
    ids=repr,
)  # fmt: skip
def test_a_success_without_an_element_is_asked_again(result: object) -> None:
    """What is no number could not be named in a video's request."""
    assert (
        Running(unknown_status="succeed without an element")
        == check(answer(task("succeed", task_result=result))).outcome
    )


@pytest.mark.parametrize(
    ("message", "code", "retryable"),
    [
        ("Failure to pass the risk control system", "moderation_refused", False),
        ("no realistic humanoid in the video", "generation_failed", True),
    ],
)
def test_an_element_that_failed_says_why(message: str, code: str, retryable: bool) -> None:  # noqa: FBT001 - a table's column
    """The reason is text alone."""
    outcome = check(answer(task("failed", task_status_msg=message))).outcome

    assert isinstance(outcome, Failed)
    assert (code, message, retryable) == (outcome.error.code, outcome.error.message, outcome.error.retryable)


def test_a_check_asks_for_the_making_by_its_tasks_id() -> None:
    """The query takes the creation's task, never the element's id."""
    elements, http = registry(answer(task("processing")))

    elements.check(HANDLE)

    (call,) = http.calls
    assert ("GET", f"{BASE_URL}{PATH}/{TASK_ID}", None) == (call.method, call.url, call.json)


NOT_FOUND = refused(1201, f"Task not found by id/external id: {ELEMENT_ID}")


def test_a_making_that_kling_does_not_know_any_more_is_asked_for_again() -> None:
    """It knew it once."""
    with pytest.raises(ProviderError) as failed:
        check(answer(NOT_FOUND, 400))

    assert ("provider_lost_task", True) == (failed.value.error.code, failed.value.error.retryable)


def test_a_making_is_found_by_our_reference() -> None:
    """`external_task_id` stands in for the task id; the handle then knows the task."""
    elements, http = registry(answer(made(321922438904313)))

    found = elements.find({"path": PATH}, ELEMENT_ID)

    assert ElementTask(task_id=TASK_ID, handle=HANDLE, outcome=Made(element_id="321922438904313")) == found
    assert f"{BASE_URL}{PATH}/{ELEMENT_ID}" == http.calls[0].url


@pytest.mark.parametrize(("body", "status"), [(NOT_FOUND, 400), (refused(1203), 404)])
def test_a_making_that_never_arrived_is_not_found(body: dict[str, Any], status: int) -> None:
    """As the live service says it, and as the table does."""
    assert registry(answer(body, status))[0].find({"path": PATH}, ELEMENT_ID) is None


def test_a_find_that_fails_knows_nothing() -> None:
    """A server's error is no answer."""
    with pytest.raises(ProviderError):
        registry(answer(refused(5000), 500))[0].find({"path": PATH}, ELEMENT_ID)


def test_an_element_is_deleted_by_its_own_id_as_text() -> None:
    """Delete Custom Element: a POST; the answer looks like a task's."""
    elements, http = registry(
        answer({"code": 0, "message": "SUCCEED", "data": {"task_id": "1", "task_status": "succeed"}})
    )

    elements.delete("829836802793406551")

    (call,) = http.calls
    assert ("POST", BASE_URL + DELETE, {"element_id": "829836802793406551"}) == (call.method, call.url, call.json)


@pytest.mark.parametrize(
    "body", [{"code": 0, "message": "SUCCEED"}, {"code": 0, "data": None}, {"code": 200, "data": {"task_status": "x"}}]
)
def test_of_a_deletions_answer_the_code_alone_matters(body: dict[str, Any]) -> None:
    """Code 0 or 200 is a deletion, whatever else is there or missing, and nothing is asked afterwards."""
    elements, http = registry(answer(body))

    elements.delete("7")

    assert [("POST", BASE_URL + DELETE)] == [(call.method, call.url) for call in http.calls]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (refused(1203, "resource not found"), 404),
        (refused(1201, "Element not found: 7"), 400),
        (refused(1201, "element_id 7 does not exist"), 400),
        (refused(1201, "element has been deleted"), 400),
    ],
)
def test_an_element_that_is_gone_already_is_deleted(body: dict[str, Any], status: int) -> None:
    """No document says how that is answered: whatever plainly says so will do, and is not asked for again."""
    elements, http = registry(answer(body, status))

    elements.delete("7")

    assert [{"element_id": "7"}] == [call.json for call in http.calls]


@pytest.mark.parametrize(
    ("given", "code", "retryable"),
    [
        (answer(refused(1201, "element_id is invalid"), 400), "refused_by_provider", False),
        (answer(refused(1200, "not found"), 400), "refused_by_provider", False),
        (answer(refused(1103), 403), "provider_permission_denied", False),
        (answer(refused(1302), 429), "provider_rate_limited", True),
        (answer(refused(5000, "host not found"), 500), "provider_failed", True),
        (answer(b"<html>not found", 404), "provider_failed", True),
        (answer(b"<html>"), "provider_answer_unreadable", True),
        (AnswerLostError("reset"), "provider_answer_lost", True),
    ],
)
def test_a_deletion_that_failed_may_be_tried_again_or_not(
    given: HttpAnswer | Exception,
    code: str,
    retryable: bool,  # noqa: FBT001 - a table's column
) -> None:
    """By the table."""
    with pytest.raises(ProviderError) as failed:
        registry(given)[0].delete("7")

    assert (code, retryable) == (failed.value.error.code, failed.value.error.retryable)


PRESETS = "/v1/general/advanced-presets-elements"


def test_klings_own_elements_come_as_kling_sends_them() -> None:
    """A page of entries, whatever they hold: numbers keep their digits, unknown fields stay."""
    entries = [{"task_id": "1", "task_result": {"elements": [{"element_id": 829836802793406551, "owned_by": "kling"}]}}]
    kept, http = registry(answer({"code": 0, "message": "SUCCEED", "request_id": "r", "data": entries}))

    assert entries == kept.presets(number=2, size=50)

    (call,) = http.calls
    assert ("GET", f"{BASE_URL}{PRESETS}?pageNum=2&pageSize=50", None) == (call.method, call.url, call.json)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (answer(refused(1302), 429), "provider_rate_limited"),
        (answer({"code": 0, "message": "SUCCEED", "data": {"task_id": "1"}}), "provider_answer_unreadable"),
        (AnswerLostError("gone"), "provider_answer_lost"),
    ],
)
def test_klings_own_elements_cannot_be_learnt(said: HttpAnswer | Exception, code: str) -> None:
    """A refusal, an answer that is no list, no answer at all."""
    kept, _ = registry(said)

    with pytest.raises(ProviderError) as caught:
        kept.presets(number=1, size=30)

    assert code == caught.value.error.code
