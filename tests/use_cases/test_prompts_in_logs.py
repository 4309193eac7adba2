"""Where it is switched on, what a caller wrote in words is logged once for each job, and nothing else of the request."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from klingway.domain.errors import InvalidRequestError
from klingway.domain.ids import Tenant
from klingway.domain.job import State
from klingway.use_cases.retry_job import RetryJob

from tests.use_cases.conftest import Gateway

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def gateway(gateway: Gateway, caplog: pytest.LogCaptureFixture) -> Iterator[Gateway]:
    gateway.create = replace(gateway.create, logs_prompts=True)
    with caplog.at_level(logging.DEBUG, logger="klingway"):
        yield gateway


def lines(caplog: pytest.LogCaptureFixture) -> list[tuple[str, dict[str, str]]]:
    said = [record.__dict__ for record in caplog.records if record.getMessage() == "prompts"]
    return [(each["job_id"], each["prompts"]) for each in said]


def test_all_that_was_written_in_words(gateway: Gateway) -> None:
    """Each text by its place: shots, the negative prompt, elements' names and descriptions; no address, no metadata."""
    request: dict[str, Any] = {
        "shots": [{"prompt": "a wide shot", "duration_s": 3}, {"prompt": "a close-up", "duration_s": 3}],
        "negative_prompt": "blur",
        "elements": [
            {"name": "Mira", "description": "a fisherwoman", "images": ["https://a.example/1.png"] * 2},
            {"id": "829836802793406551"},
        ],
        "metadata": {"order": "a secret of ours"},
        "reference": "order-42",
    }

    words = gateway.judge.read(Tenant("acme"), "video", request).request.words

    assert {
        "shots[0].prompt": "a wide shot",
        "shots[1].prompt": "a close-up",
        "negative_prompt": "blur",
        "elements[0].name": "Mira",
        "elements[0].description": "a fisherwoman",
    } == words


def test_one_line_for_each_job(gateway: Gateway, caplog: pytest.LogCaptureFixture) -> None:
    """Not another one for the same request under the same key; one of its own for a retry, which is a job of its own."""
    job = gateway.submit({"prompt": "a fox"}, idempotency_key="k-1")
    gateway.submit({"prompt": "a fox"}, idempotency_key="k-1")
    gateway.jobs.rows[job.id] = replace(gateway.jobs.rows[job.id], state=State.FAILED, due_at=None)
    retry = RetryJob(jobs=gateway.jobs, create=gateway.create)
    again = retry.run(Tenant("acme"), job.id, given_key=None, public_url="https://gateway.example").stored.job

    assert [(job.id, {"prompt": "a fox"}), (again.id, {"prompt": "a fox"})] == lines(caplog)


def test_nothing_of_what_is_refused(gateway: Gateway, caplog: pytest.LogCaptureFixture) -> None:
    """A request that makes no job leaves no words in the log."""
    with suppress(InvalidRequestError):
        gateway.submit({"prompt": "a fox", "duration_s": 99})

    assert [] == lines(caplog)


def test_nothing_where_it_is_switched_off(caplog: pytest.LogCaptureFixture) -> None:
    """Which it is unless somebody says otherwise."""
    with caplog.at_level(logging.DEBUG, logger="klingway"):
        Gateway().submit({"prompt": "a fox"})

    assert [] == lines(caplog)
