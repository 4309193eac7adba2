from __future__ import annotations

import json

from klingway.domain.events import DETAIL_TYPES, SOURCE, event_detail, state_changed_detail
from klingway.domain.job import State

from tests.unit.builders import JOB_ID, REFUSED, job, succeeded_job
from tests.unit.test_views import FILES, SUCCEEDED


def test_the_event_about_a_job_that_succeeded() -> None:
    """From the row alone: no request, no links."""
    said = event_detail(succeeded_job(), bucket="our-bucket")

    same = (
        "kind", "state", "model", "provider", "reference", "metadata", "created_at", "finished_at", "learnt_by",
        "attempts", "price", "error", "result_mismatch", "warnings",
    )  # fmt: skip
    assert {name: SUCCEEDED[name] for name in same} | {
        "event_id": f"{JOB_ID}:3",
        "correlation_id": None,
        "job_id": JOB_ID,
        "tenant": "acme",
        "files": FILES,
    } == said
    assert json.dumps(said), "is JSON"


def test_the_event_about_a_job_that_failed() -> None:
    """Its error, and no files."""
    said = event_detail(job(state=State.FAILED, due_at=None, error=REFUSED), bucket="our-bucket")

    assert ("failed", "refused_by_provider", [], None) == (
        said["state"], said["error"]["code"], said["files"], said["finished_at"],
    )  # fmt: skip


def test_an_events_id_is_the_same_however_often_it_is_made() -> None:
    """And another one for the next change."""
    ids = {event_detail(job(sequence=sequence), bucket="b")["event_id"] for sequence in (1, 1, 2)}

    assert 2 == len(ids)


def test_a_change_of_state_is_told_under_an_id_of_its_own() -> None:
    """An end is told twice where changes are told at all: whoever drops what it has seen must not drop the other one."""
    told = job(correlation_id="corr-1")

    assert event_detail(told, bucket="b") | {"event_id": f"{JOB_ID}:3:state"} == state_changed_detail(told, bucket="b")
    assert "corr-1" == state_changed_detail(told, bucket="b")["correlation_id"]


def test_what_is_told() -> None:
    """Every end, as `klingway`."""
    told = {State.SUCCEEDED: "Job Succeeded", State.FAILED: "Job Failed", State.CANCELED: "Job Canceled"}
    assert told == DETAIL_TYPES
    assert {state for state in State if state.is_terminal} == set(DETAIL_TYPES)
    assert "klingway" == SOURCE


def test_nothing_secret_stands_in_an_event() -> None:
    """Neither the prompt nor what finds the task with a key."""
    said = json.dumps(event_detail(succeeded_job(), bucket="our-bucket"))

    assert not [word for word in ("prompt", "handle", "account", "public_url", "callback_url") if word in said]
