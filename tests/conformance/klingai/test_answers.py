"""What callers are answered: the response bodies, the error table and the callbacks of Kling's documents, by hand."""

from __future__ import annotations

from typing import Any

import pytest
from klingway.domain.errors import (
    AlreadyExistsError,
    Doubt,
    GatewayError,
    InvalidRequestError,
    MalformedRequestError,
    NotFoundError,
    Problem,
    ProviderRefusalError,
    TooLargeError,
    UnauthenticatedError,
    UnavailableError,
    UnsupportedMediaTypeError,
)
from klingway.domain.ids import ProviderName
from klingway.domain.job import State
from klingway.providers import registry
from klingway.providers.dialects import Action, Endpoint, Part

from tests.conformance.klingai.shown import (
    COPY,
    CREATED_MS,
    JOB_ID,
    MARKED,
    PICTURES,
    PROVENANCE,
    RISK,
    UPDATED_MS,
    VIDEO,
    job,
    shown,
)

DIALECT = registry.dialect_of(ProviderName("klingai"))
LISTS = DIALECT.lists
assert LISTS is not None
MEDIA = "https://gateway.example/v1/media"
READ = Endpoint("GET", "/v1/videos/omni-video/{id}", Action.READ, "omni-video")
CREATE = Endpoint("POST", "/v1/videos/omni-video", Action.CREATE, "omni-video")
CREATED: dict[str, Any] = {
    "task_id": JOB_ID,
    "task_info": {"external_task_id": ""},
    "created_at": CREATED_MS,
    "updated_at": UPDATED_MS,
}
TASK: dict[str, Any] = CREATED | {"task_status_msg": "", "watermark_info": {"enabled": False}}
FILM = {"id": JOB_ID, "url": f"{MEDIA}/video.mp4", "duration": "5.041"}


def test_a_create_is_answered_with_its_task() -> None:
    """Kling's API specification, "Response Body" of every create."""
    said = DIALECT.accepted(shown(job(State.RUNNING, external_id="order-42")))

    assert 200 == said.status
    assert {
        "code": 0,
        "message": "SUCCEED",
        "request_id": JOB_ID,
        "data": {
            "task_id": JOB_ID,
            "task_info": {"external_task_id": "order-42"},
            "task_status": "submitted",
            "created_at": CREATED_MS,
            "updated_at": UPDATED_MS,
        },
    } == said.body


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (State.QUEUED, "submitted"),
        (State.PREPARING, "submitted"),
        (State.SUBMITTING, "submitted"),
        (State.UNCONFIRMED, "submitted"),
        (State.RUNNING, "processing"),
        (State.STORING, "processing"),
        (State.SUCCEEDED, "succeed"),
        (State.FAILED, "failed"),
        (State.CANCELED, "failed"),
    ],
)
def test_how_a_task_stands(state: State, word: str) -> None:
    """`task_status`: Task status, Enum values: submitted, processing, succeed, failed."""
    said = DIALECT.show(READ, shown(job(state)))

    assert word == said.body["data"]["task_status"]


TOLD: dict[str, tuple[Any, dict[str, Any]]] = {
    "running": (shown(job(State.RUNNING)), TASK | {"task_status": "processing"}),
    "failed": (
        shown(job(State.FAILED, error=RISK)),
        TASK | {"task_status": "failed", "task_status_msg": "Failure to pass the risk control system"},
    ),
    "a film": (
        shown(job(State.SUCCEEDED, VIDEO, PROVENANCE)),
        TASK | {"task_status": "succeed", "task_result": {"videos": [FILM]}},
    ),
    "a film and its watermarked copy": (
        shown(
            job(State.SUCCEEDED, VIDEO, COPY, PROVENANCE, external_id="order-42"), {"prompt": "x", "watermark": True}
        ),
        TASK
        | {
            "task_status": "succeed",
            "task_info": {"external_task_id": "order-42"},
            "watermark_info": {"enabled": True},
            "task_result": {"videos": [FILM | {"watermark_url": f"{MEDIA}/watermarked.mp4"}]},
        },
    ),
    "images of omni-image": (
        shown(job(State.SUCCEEDED, *reversed(PICTURES), PROVENANCE, product="omni-image")),
        TASK
        | {
            "task_status": "succeed",
            "task_result": {
                "result_type": "single",
                "images": [
                    {"index": 0, "url": f"{MEDIA}/image_1.png"},
                    {"index": 1, "url": f"{MEDIA}/image_2.png"},
                    {"index": 9, "url": f"{MEDIA}/image_10.png"},
                ],
                "series_images": [],
            },
        },
    ),
    "a series of omni-image": (
        shown(
            job(State.SUCCEEDED, *PICTURES[:2], *MARKED[:2], product="omni-image"), {"series": True, "watermark": True}
        ),
        TASK
        | {
            "task_status": "succeed",
            "watermark_info": {"enabled": True},
            "task_result": {
                "result_type": "series",
                "images": [],
                "series_images": [
                    {"index": 0, "url": f"{MEDIA}/image_1.png", "watermark_url": f"{MEDIA}/watermarked_1.png"},
                    {"index": 1, "url": f"{MEDIA}/image_2.png", "watermark_url": f"{MEDIA}/watermarked_2.png"},
                ],
            },
        },
    ),
    "images of which the first was lost": (
        shown(job(State.SUCCEEDED, *PICTURES[1:2], *MARKED[1:2], product="generations")),
        TASK
        | {
            "task_status": "succeed",
            "task_result": {
                "images": [
                    {"index": 1, "url": f"{MEDIA}/image_2.png", "watermark_url": f"{MEDIA}/watermarked_2.png"},
                ]
            },
        },
    ),
    "images of image generation": (
        shown(job(State.SUCCEEDED, *PICTURES[:1], product="generations")),
        TASK | {"task_status": "succeed", "task_result": {"images": [{"index": 0, "url": f"{MEDIA}/image_1.png"}]}},
    ),
}


@pytest.mark.parametrize(("told", "expected"), TOLD.values(), ids=TOLD.keys())
def test_a_query_tells_of_the_task(told: Any, expected: dict[str, Any]) -> None:
    """Kling's API specification, "Query Task (Single)" of each product; what Kling deducts is not ours to say."""
    said = DIALECT.show(READ, told)

    assert (200, expected) == (said.status, said.body["data"])
    assert (0, "SUCCEED", JOB_ID) == (said.body["code"], said.body["message"], said.body["request_id"])


@pytest.mark.parametrize(("told", "expected"), TOLD.values(), ids=TOLD.keys())
def test_a_callback_is_the_task_without_the_envelope(told: Any, expected: dict[str, Any]) -> None:
    """Kling's callback protocol: the task's own fields, flat."""
    assert expected == DIALECT.callback(told)


def test_a_list_is_bare() -> None:
    """In "Query Task (List)", `data` is an array of tasks, with no total and no cursor."""
    told, expected = next(iter(TOLD.values()))

    said = LISTS.show_many([told, told])

    assert [expected, expected] == said.body["data"]
    assert {"code", "message", "request_id", "data"} == set(said.body)
    assert [] == LISTS.show_many([]).body["data"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, Part(0, 30)),
        ({"pageNum": "1", "pageSize": "30"}, Part(0, 30)),
        ({"pageNum": "3", "pageSize": "10"}, Part(20, 10)),
        ({"pageNum": "1000", "pageSize": "500"}, Part(499500, 500)),
        ({"pageNum": "", "pageSize": "1"}, Part(0, 1)),
        ({"other": "x"}, Part(0, 30)),
    ],
)
def test_which_part_of_a_list(query: dict[str, str], expected: Part) -> None:
    """In "Query Parameters": pageNum 1, value range [1,1000]; pageSize 30, value range [1,500]."""
    assert expected == LISTS.part(query)


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ({"pageNum": "0"}, ["pageNum"]),
        ({"pageNum": "1001"}, ["pageNum"]),
        ({"pageSize": "0"}, ["pageSize"]),
        ({"pageSize": "501"}, ["pageSize"]),
        ({"pageNum": "-1", "pageSize": "ten"}, ["pageNum", "pageSize"]),
        ({"pageNum": "1.0"}, ["pageNum"]),
        ({"pageNum": "٣"}, ["pageNum"]),
    ],
)
def test_a_part_that_there_is_not(query: dict[str, str], places: list[str]) -> None:
    """Out of the ranges, each at its own name."""
    with pytest.raises(InvalidRequestError) as caught:
        LISTS.part(query)

    assert places == [problem.field for problem in caught.value.problems]


TWO_PROBLEMS = InvalidRequestError(
    "The request has 2 problems; nothing was accepted.",
    [
        Problem(field="duration", code="not_one_of", message="duration must be one of '3', '4'; here it is '2'."),
        Problem(field="mode", code="not_one_of", message="it takes std and pro."),
    ],
)
ERRORS: dict[str, tuple[GatewayError, Endpoint | None, int, int, str]] = {
    "no key": (UnauthenticatedError("Send your key.", doubt=Doubt.MISSING), None, 401, 1001, "Send your key."),
    "another key": (UnauthenticatedError("The key is not valid."), None, 401, 1002, "The key is not valid."),
    "a token too early": (UnauthenticatedError("Not yet.", doubt=Doubt.NOT_YET_VALID), None, 401, 1003, "Not yet."),
    "a token too late": (UnauthenticatedError("Expired.", doubt=Doubt.EXPIRED), None, 401, 1004, "Expired."),
    "no JSON": (MalformedRequestError("No JSON."), CREATE, 400, 1200, "No JSON."),
    "no such type": (UnsupportedMediaTypeError("JSON it is."), CREATE, 400, 1200, "JSON it is."),
    "what is wrong, all of it": (
        TWO_PROBLEMS, CREATE, 400, 1201,
        "duration must be one of '3', '4'; here it is '2'. mode: it takes std and pro.",
    ),
    "an id twice": (AlreadyExistsError("order-42"), CREATE, 400, 1201, "External_task_id order-42 already exists"),
    "too much": (TooLargeError("At most 4 MB."), CREATE, 400, 1201, "At most 4 MB."),
    "no such task": (
        NotFoundError("There is no task 'x'.", asked="order-43"), READ, 400, 1201, "Task not found by id/external id: order-43",
    ),
    "no such element to delete": (NotFoundError("There is no element '7'."), CREATE, 400, 1201, "There is no element '7'."),
    "no such path": (NotFoundError("There is no GET /v2 here."), None, 404, 1203, "There is no GET /v2 here."),
    "busy": (UnavailableError("Try again."), CREATE, 503, 5001, "Try again."),
    "a defect": (GatewayError("Something went wrong here."), CREATE, 500, 5000, "Something went wrong here."),
}  # fmt: skip


@pytest.mark.parametrize(("error", "endpoint", "status", "code", "message"), ERRORS.values(), ids=ERRORS.keys())
def test_an_error_in_klings_words(
    error: GatewayError, endpoint: Endpoint | None, status: int, code: int, message: str
) -> None:
    """Kling's error table, and its live messages; without `data`."""
    said = DIALECT.refusal(error, endpoint=endpoint, request_id="req-1")

    assert (status, {"code": code, "message": message, "request_id": "req-1"}) == (said.status, said.body)


@pytest.mark.parametrize(
    ("code", "status", "at_kling"),
    [
        ("refused_by_provider", 400, 1201),
        ("element_failed", 400, 1201),
        ("moderation_refused", 400, 1301),
        ("provider_account_blocked", 429, 1100),
        ("provider_balance_exhausted", 429, 1102),
        ("provider_permission_denied", 403, 1103),
        ("provider_rate_limited", 429, 1302),
        ("provider_full", 429, 1303),
        ("provider_authentication_failed", 503, 5001),
        ("not_configured", 503, 5001),
        ("provider_in_maintenance", 503, 5001),
        ("submission_unconfirmed", 504, 5002),
        ("deadline_exceeded", 504, 5002),
        ("element_timed_out", 504, 5002),
        ("provider_timed_out", 504, 5002),
        ("generation_failed", 500, 5000),
        ("a code of tomorrow", 500, 5000),
    ],
)
def test_a_providers_refusal_in_klings_words(code: str, status: int, at_kling: int) -> None:
    """Whoever the provider is; a credential of the gateway's own that is no good is no fault of the caller's."""
    said = DIALECT.refusal(ProviderRefusalError(code, "why"), endpoint=CREATE, request_id="req-1")

    assert (status, {"code": at_kling, "message": "why", "request_id": "req-1"}) == (said.status, said.body)


def test_where_kling_is_spoken_to() -> None:
    """Every method and path of the specification's contents, and the other path of deletions."""
    asked = {(endpoint.method, endpoint.path): endpoint.action for endpoint in DIALECT.endpoints}
    creates = [
        "/v1/videos/omni-video", "/v1/videos/text2video", "/v1/videos/image2video", "/v1/images/omni-image",
        "/v1/images/generations",
    ]  # fmt: skip
    elements = "/v1/general/advanced-custom-elements"

    expected = {("POST", path): Action.CREATE for path in creates}
    expected |= {("GET", path): Action.LIST for path in creates}
    expected |= {("GET", f"{path}/{{id}}"): Action.READ for path in creates}
    expected |= {
        ("POST", elements): Action.CREATE_ELEMENT,
        ("GET", elements): Action.LIST_ELEMENTS,
        ("GET", f"{elements}/{{id}}"): Action.READ_ELEMENT,
        ("GET", "/v1/general/advanced-presets-elements"): Action.LIST_PRESETS,
        ("POST", "/v1/general/delete-elements"): Action.DELETE_ELEMENT,
        ("POST", "/v1/general/delete-advanced-elements"): Action.DELETE_ELEMENT,
    }
    assert expected == asked


def test_what_kling_promises_and_takes() -> None:
    """Its answers: "generated images/videos will be cleared after 30 days"; an API key or a signed token."""
    assert (30 * 24 * 3600, True) == (DIALECT.link_life_s, DIALECT.takes_signed_tokens)
