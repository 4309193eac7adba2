"""Kling's registry of elements through EzModel: its routes, Kling's answers unchanged, and EzModel's errors around them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from klingway.domain.request import Element
from klingway.providers.contract import Created, ElementTask, Made, ProviderError, Running

from tests.unit.builders import (
    API_KEY,
    BASE_URL,
    CALLBACK_URL,
    END_PICTURE,
    PICTURE,
    TASK_ID,
    HttpAnswer,
    ScriptedHttp,
    answer,
    refused,
    task,
)
from tests.unit.ezmodel.building import ezmodel, flat, nested

if TYPE_CHECKING:
    from klingway.providers.contract import ElementRegistry

PATH, DELETE = "/kling/v1/general/advanced-custom-elements", "/kling/v1/general/delete-elements"
ELEMENT_ID = "el_01JD4ZK8M0ABCDEFGHJKMNPQRS"
HANDLE = {"path": PATH, "task_id": TASK_ID}
DOG = {"name": "dog", "description": "a brown dog", "images": [PICTURE, END_PICTURE], "tags": ["o_102"]}
MADE = task("succeed", task_result={"elements": [{"element_id": 829836802793406551, "element_name": "dog"}]})


def registry(*answers: HttpAnswer | Exception) -> tuple[ElementRegistry, ScriptedHttp]:
    provider, http = ezmodel(*answers)
    assert provider.elements is not None
    return provider.elements, http


def relayed(code: int, message: str) -> dict[str, Any]:
    """Return Kling's refusal, as EzModel passes on an answer of Kling's that is no HTTP 200."""
    return flat("fail_to_fetch_task", json.dumps(refused(code, message)))


def test_an_element_is_made_at_ezmodels_route() -> None:
    """EzModel, Kling Elements: Kling's own body behind `/kling`, with our reference and a callback."""
    elements, http = registry(answer(task()))
    wire = elements.render(Element.model_validate(DOG), reference=ELEMENT_ID, callback_url=CALLBACK_URL)

    found = elements.create(wire, timeout_s=20)

    (call,) = http.calls
    assert ("POST", BASE_URL + PATH, 20, True) == (call.method, call.url, call.timeout_s, call.fresh_connection)
    assert f"Bearer {API_KEY}" == call.headers["Authorization"]
    assert call.json == {
        "element_name": "dog", "element_description": "a brown dog", "reference_type": "image_refer",
        "element_image_list": {"frontal_image": PICTURE, "refer_images": [{"image_url": END_PICTURE}]},
        "tag_list": [{"tag_id": "o_102"}], "callback_url": CALLBACK_URL, "external_task_id": ELEMENT_ID,
    }  # fmt: skip
    assert ElementTask(task_id=TASK_ID, handle=HANDLE, outcome=Running()) == found


def test_a_making_is_asked_for_there_by_its_id_or_by_ours() -> None:
    """`task_id or external_task_id` in the path."""
    elements, http = registry(answer(MADE))
    expected = ElementTask(task_id=TASK_ID, handle=HANDLE, outcome=Made(element_id="829836802793406551"))

    assert expected == elements.check(HANDLE)
    assert expected == elements.find({"path": PATH}, ELEMENT_ID)
    assert [f"{BASE_URL}{PATH}/{TASK_ID}", f"{BASE_URL}{PATH}/{ELEMENT_ID}"] == [call.url for call in http.calls]


def test_an_element_is_deleted_by_its_number_as_text() -> None:
    """`{"element_id": "123456"}`; of the answer the code alone matters."""
    elements, http = registry(answer({"code": 0, "message": "SUCCEED", "data": None}))

    elements.delete("829836802793406551")

    (call,) = http.calls
    assert ("POST", BASE_URL + DELETE, {"element_id": "829836802793406551"}) == (call.method, call.url, call.json)


NOT_FOUND = f"Task not found by id/external id: {ELEMENT_ID}"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(relayed(1201, NOT_FOUND), 400, id="Kling's refusal within EzModel's"),
        pytest.param(relayed(1203, "no such resource"), 404, id="by its code"),
        pytest.param(flat("element_failed", NOT_FOUND), 400, id="its words alone"),
        pytest.param(refused(1201, NOT_FOUND), 400, id="unchanged"),
    ],
)
def test_a_making_that_never_arrived_is_not_found(body: dict[str, Any], status: int) -> None:
    """In whichever envelope Kling's word comes; a check then asks again, for it was known once."""
    assert registry(answer(body, status))[0].find({"path": PATH}, ELEMENT_ID) is None
    with pytest.raises(ProviderError) as failed:
        registry(answer(body, status))[0].check(HANDLE)
    assert "provider_lost_task" == failed.value.error.code


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(answer(flat("element_failed", "element_name is invalid"), 400), id="another refusal"),
        pytest.param(answer(flat("do_request_failed", NOT_FOUND), 500), id="a failure"),
        pytest.param(answer(nested("invalid_request_error", "task not found"), 404), id="another's not found"),
        pytest.param(answer(nested("new_api_error", "task not found", code=1201), 404), id="its own, with a number"),
        pytest.param(answer(flat("element_failed", NOT_FOUND), 500), id="not found, under a failure"),
        pytest.param(answer(flat("task_not_exist", "task not found"), 400), id="EzModel's own"),
        pytest.param(answer(b"<html>task not found", 404), id="HTML"),
        pytest.param(answer({"code": "success", "data": {}}), id="no envelope of Kling's"),
    ],
)
def test_a_look_up_that_fails_is_no_not_found(said: HttpAnswer) -> None:
    """Only Kling's own word says that there is none: anything else must not lead to a second one."""
    with pytest.raises(ProviderError) as failed:
        registry(said)[0].find({"path": PATH}, ELEMENT_ID)

    assert "provider_lost_task" != failed.value.error.code


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (relayed(1201, "element_id 7 does not exist"), 400),
        (relayed(1203, "resource"), 404),
        (flat("element_failed", "Element not found: 7"), 400),
        (refused(1201, "element has been deleted"), 400),
    ],
)
def test_an_element_that_is_gone_already_is_deleted(body: dict[str, Any], status: int) -> None:
    """No document says how that is answered: whatever plainly says so will do."""
    elements, http = registry(answer(body, status))

    elements.delete("7")

    assert 1 == len(http.calls)


@pytest.mark.parametrize(
    ("body", "status", "code", "created"),
    [
        (flat("element_failed", "refer_images must not be empty"), 400, "refused_by_provider", Created.NO),
        (relayed(1301, "not safe"), 400, "moderation_refused", Created.NO),
        (flat("fail_to_fetch_task", "saturated"), 429, "provider_rate_limited", Created.NO),
        (nested("new_api_error"), 401, "provider_authentication_failed", Created.NO),
        (flat("do_request_failed"), 500, "provider_failed", Created.MAYBE),
        ({"code": 1201, "message": "no"}, 200, "provider_failed", Created.MAYBE),
        ({"code": "success"}, 200, "provider_answer_unreadable", Created.MAYBE),
        (flat("quota_not_enough"), 403, "provider_balance_exhausted", Created.NO),
    ],
)
def test_errors_of_a_create_are_those_of_the_table(
    body: dict[str, Any], status: int, code: str, created: Created
) -> None:
    """Elements have no errors of their own but `element_failed`."""
    elements, _ = registry(answer(body, status))
    wire = elements.render(Element.model_validate(DOG), reference=ELEMENT_ID, callback_url=None)

    with pytest.raises(ProviderError) as failed:
        elements.create(wire, timeout_s=20)

    assert (code, created) == (failed.value.error.code, failed.value.created)


@pytest.mark.parametrize(
    ("body", "status", "code", "retryable"),
    [
        (flat("element_failed", "element_id is invalid"), 400, "refused_by_provider", False),
        (nested("new_api_error", "not found"), 403, "provider_permission_denied", False),
        (flat("do_request_failed", "host not found"), 500, "provider_failed", True),
        (flat("fail_to_fetch_task", "saturated"), 429, "provider_rate_limited", True),
    ],
)
def test_a_deletion_that_failed_may_be_tried_again_or_not(
    body: dict[str, Any],
    status: int,
    code: str,
    retryable: bool,  # noqa: FBT001 - a table's column
) -> None:
    """By the table."""
    with pytest.raises(ProviderError) as failed:
        registry(answer(body, status))[0].delete("7")

    assert (code, retryable) == (failed.value.error.code, failed.value.error.retryable)
