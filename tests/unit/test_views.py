"""A job as callers see it: golden JSON written by hand from the design, section 5."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from klingway.domain.element_views import element_to_json
from klingway.domain.elements import CALLER, ElementState, wanted
from klingway.domain.ids import ElementId, ProviderName, Tenant
from klingway.domain.job import JobError, Price
from klingway.domain.views import (
    attempt_to_json,
    error_to_json,
    file_to_json,
    job_to_json,
    price_to_json,
)

from tests.unit.builders import JOB_ID, NOW, PROVENANCE_FILE, REFUSED, TASK_ID, VIDEO_FILE, attempt, job, succeeded_job

KEY = f"results/acme/2026/11/20/{JOB_ID}/1"
FILES: list[dict[str, Any]] = [
    {
        "name": "video.mp4",
        "role": "video",
        "s3_uri": f"s3://our-bucket/{KEY}/video.mp4",
        "size_bytes": 1024,
        "sha256": "ab" * 32,
        "content_type": "video/mp4",
        "duration_s": 10.04,
        "width": 1920,
        "height": 1080,
    },
    {
        "name": "job.json",
        "role": "provenance",
        "s3_uri": f"s3://our-bucket/{KEY}/job.json",
        "size_bytes": 64,
        "sha256": "cd" * 32,
        "content_type": "application/json",
    },
]
SUCCEEDED: dict[str, Any] = {
    "id": JOB_ID,
    "kind": "video",
    "state": "succeeded",
    "model": "kling-v3-omni",
    "provider": "klingai",
    "retry_of": None,
    "route_reason": "klingai: cheapest of klingai ($1.12), apimart (price unknown)",
    "reference": "order-42",
    "metadata": {"any": "thing"},
    "request": {"prompt": "a fox"},
    "created_at": "2026-11-20T12:00:00.000Z",
    "updated_at": "2026-11-20T12:01:30.000Z",
    "deadline_at": "2026-11-21T12:00:00.000Z",
    "finished_at": "2026-11-20T12:01:30.000Z",
    "learnt_by": "callback",
    "attempts": [
        {
            "number": 1,
            "provider": "klingai",
            "task_id": TASK_ID,
            "state": "succeeded",
            "tries": 1,
            "started_at": "2026-11-20T12:00:00.000Z",
            "accepted_at": "2026-11-20T12:00:01.000Z",
            "ended_at": "2026-11-20T12:01:30.000Z",
            "error": None,
        }
    ],
    "price": {"amount": "1.12", "currency": "USD", "source": "price list"},
    "error": None,
    "warnings": ["the result's aspect_ratio is not what was asked for"],
    "result_mismatch": ["aspect_ratio"],
    "result": {"files": [file | {"url": f"https://link/{file['name']}"} for file in FILES]},
    "late_results": [],
}


def test_a_job_that_succeeded() -> None:
    """Every field, with links."""
    said = job_to_json(
        succeeded_job(),
        {"prompt": "a fox"},
        bucket="our-bucket",
        links={name: f"https://link/{name}" for name in ("video.mp4", "job.json")},
    )

    assert SUCCEEDED == said
    assert json.dumps(said), "is JSON"


def test_a_job_that_runs() -> None:
    """What is not known yet is null or empty, and stands there all the same."""
    said = job_to_json(job(), {"prompt": "a fox"}, bucket="our-bucket")

    assert set(SUCCEEDED) == set(said)
    assert ("running", None, None, None, None, None, {}, [], [], []) == (
        said["state"], said["finished_at"], said["learnt_by"], said["price"], said["error"], said["result"],
        said["metadata"], said["warnings"], said["result_mismatch"],
        said["late_results"],
    )  # fmt: skip


def test_without_a_link_the_files_have_their_s3_address_alone() -> None:
    """As in job.json, which outlives every link."""
    said = job_to_json(succeeded_job(), {}, bucket="our-bucket")

    assert {"files": FILES} == said["result"]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (None, None),
        (REFUSED, {"code": "refused_by_provider", "message": "no", "retryable": False, "provider_code": "1201"}),
        (
            JobError(code="generation_failed", message="gave up", retryable=True, provider_code=""),
            {"code": "generation_failed", "message": "gave up", "retryable": True, "provider_code": ""},
        ),
        (
            JobError(code="deadline_exceeded", message="gave up", retryable=True),
            {"code": "deadline_exceeded", "message": "gave up", "retryable": True},
        ),
    ],
    ids=["none", "the provider's", "the provider's empty one", "ours"],
)
def test_an_error(error: JobError | None, expected: dict[str, Any] | None) -> None:
    """`{code, message, retryable, provider_code?}`."""
    assert expected == error_to_json(error)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("1.12", "1.12"), ("1.120", "1.12"), ("0.42", "0.42"), ("0.252", "0.252"), ("0.084", "0.084"), ("1", "1.00"),
        ("0", "0.00"), ("100", "100.00"), ("1E+2", "100.00"), ("1.10", "1.10"), ("0.0001", "0.0001"), ("12.5", "12.50"),
    ],
)  # fmt: skip
def test_a_prices_text(amount: str, text: str) -> None:
    """As many digits as it needs, two at least, never an exponent."""
    assert {"amount": text, "currency": "USD", "source": "list"} == price_to_json(Price(Decimal(amount), "USD", "list"))


def test_no_price_is_null() -> None:
    """Unknown is not zero."""
    assert price_to_json(None) is None


def test_a_file() -> None:
    """What is not known of it is left out."""
    assert FILES == [file_to_json(file, bucket="our-bucket") for file in (VIDEO_FILE, PROVENANCE_FILE)]


def test_an_attempt_that_was_not_accepted() -> None:
    """Its error, and null where nothing happened."""
    said = attempt_to_json(attempt(task_id=None, accepted_at=None, error=REFUSED, tries=3))

    assert (None, None, None, 3, "refused_by_provider") == (
        said["task_id"], said["accepted_at"], said["ended_at"], said["tries"], said["error"]["code"],
    )  # fmt: skip


def test_nothing_of_the_gateways_own_stands_in_a_view() -> None:
    """Neither handle nor account, number, due time or tenant."""
    said = json.dumps(job_to_json(succeeded_job(), {}, bucket="our-bucket"))

    assert not [word for word in ("handle", "account", "due_at", "tenant", "public_url", '"number": 7') if word in said]


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        (ElementState.WANTED, "wanted"),
        (ElementState.SUBMITTING, "making"),
        (ElementState.RUNNING, "making"),
        (ElementState.READY, "ready"),
        (ElementState.FAILED, "failed"),
    ],
)
def test_an_element(state: ElementState, shown: str) -> None:
    """What its caller gave, what it is called, how it stands and why it failed; nothing of how it is made."""
    dog = {"name": "dog", "description": "a brown dog", "images": ["https://x/1.png", "https://x/2.png"]}
    element = wanted(
        dog,
        tenant=Tenant("acme"),
        provider=ProviderName("klingai"),
        account="main",
        public_url="https://gateway.example",
        at=NOW,
        user=CALLER,
    )
    failed = state is ElementState.FAILED
    element = replace(
        element,
        id=ElementId("el_01JD4ZK8M0ABCDEFGHJKMNPQRS"),
        state=state,
        element_number=1234567890123456,
        provider_id="321922438904313",
        error=REFUSED if failed else None,
    )

    assert {
        "id": "el_01JD4ZK8M0ABCDEFGHJKMNPQRS",
        "number": 1234567890123456,
        "state": shown,
        "definition": dog,
        "provider": "klingai",
        "created_at": "2026-11-20T12:00:00.000Z",
        "error": {"code": "refused_by_provider", "message": "no", "retryable": False, "provider_code": "1201"}
        if failed
        else None,
    } == json.loads(json.dumps(element_to_json(element)))
