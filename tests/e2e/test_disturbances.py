from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.e2e.caller import wait_until

if TYPE_CHECKING:
    from tests.e2e.caller import Caller


@pytest.mark.parametrize("marker", ["early", "repeat", "unordered", "late=1", "callback_word=mystery"])
def test_callbacks_that_are_odd(caller: Caller, marker: str) -> None:
    """Before the submit answer, twice, out of order, late, or in unknown words: one success, learnt by callback."""
    caller.succeeded_once(caller.submit(f"[sim:{marker}] a fox"))


@pytest.mark.parametrize("marker", ["lie", "lie_failed"])
def test_lying_callbacks(caller: Caller, marker: str) -> None:
    """A callback that tells the end while the provider still says processing changes nothing but when it is asked."""
    job_id = caller.submit(f"[sim:{marker}][sim:generation=3] a fox")
    wait_until(lambda: caller.queries(job_id) > 0, 5, "the question that the callback leads to")
    assert caller.job(job_id)["state"] == "running"
    job = caller.succeeded_once(job_id)
    assert caller.queries(job_id) >= 2
    assert job["attempts"][0]["state"] == "succeeded"


def test_a_lost_callback(caller: Caller) -> None:
    """Nobody calls back: the job stays as it is until the poller runs, which finds the end, and says that it was polling."""
    job_id = caller.submit("[sim:silent] a fox")
    time.sleep(1.5)  # the provider is done after one; the poller has not run, so that no time is too late to look
    assert caller.job(job_id)["state"] == "running"

    def is_over() -> bool:
        caller.poll()
        time.sleep(0.5)
        return caller.job(job_id)["state"] == "succeeded"

    wait_until(is_over, 20, "the poller to find the end")
    caller.succeeded_once(job_id, learnt_by="poll")


@pytest.mark.parametrize("marker", ["lost_answer", "error_5xx_created", "garbage_2xx"])
@pytest.mark.parametrize(("silence", "learnt_by"), [("", "callback"), ("[sim:silent]", "poll")])
def test_a_lost_submit_answer(caller: Caller, marker: str, silence: str, learnt_by: str) -> None:
    """The task was created but its answer lost: it is found and adopted, never created again."""
    job_id = caller.submit(f"[sim:{marker}]{silence} a fox")
    assert caller.job(job_id)["state"] in {"unconfirmed", "running", "storing", "succeeded"}
    job = caller.over(job_id, 40)
    assert job["state"] == "succeeded", job
    # Where a callback can come, either it or the look-up of the lost submission is first.
    assert job["learnt_by"] in {learnt_by, "poll"}
    assert len(caller.creates(job_id)) == 1
    assert len(caller.tasks(job_id)) == 1
    assert job["attempts"][0]["task_id"] == caller.tasks(job_id)[0]["task_id"]


@pytest.mark.parametrize("marker", ["short=1", "refused_once", "html=1"])
def test_media_that_cannot_be_had_at_once(caller: Caller, marker: str) -> None:
    """What ends short, is refused or is a page is not stored; it is fetched again and then whole."""
    job_id = caller.submit(f"[sim:{marker}] a fox")
    job = caller.succeeded_once(job_id)
    assert caller.tasks(job_id)[0]["fetches"]["video.mp4"] >= 2
    assert job["result"]["files"][0]["duration_s"] == pytest.approx(3, abs=0.1)


def test_media_of_another_length(caller: Caller) -> None:
    """It is kept, and the job says so."""
    job = caller.succeeded_once(caller.submit("[sim:wrong_duration=2] a fox"))
    assert job["result_mismatch"] == ["duration_s"]
    assert job["warnings"]


def test_a_full_provider(caller: Caller) -> None:
    """429/1303 is waited for: the same job goes out again until it is taken."""
    job_id = caller.submit("[sim:busy=2] a fox")
    assert caller.job(job_id)["state"] == "queued"
    job = caller.succeeded_once(job_id)
    assert [call["status"] for call in caller.creates(job_id)] == [429, 429, 200]
    assert job["attempts"][0]["tries"] == 3


def test_a_full_provider_hands_on(caller: Caller) -> None:
    """Both are full once: the second is asked without a pause, then the first again, which takes it; one film, one job."""
    job_id = caller.submit("[sim:busy=1] a fox", provider=["klingai", "apimart"])
    job = caller.succeeded_once(job_id)
    assert [("apimart", 2, "refused"), ("klingai", 1, "succeeded")] == [
        (attempt["provider"], attempt["number"], attempt["state"]) for attempt in job["attempts"]
    ]
    assert [429, 200] == [call["status"] for call in caller.creates(job_id)]


def test_an_empty_account(caller: Caller) -> None:
    """429/1102 is no rate limit: it fails at once, said as what it is."""
    job = caller.over(caller.submit("[sim:refuse=429/1102] a fox"))
    assert job["state"] == "failed"
    assert job["error"]["provider_code"] == "1102"
    assert len(caller.creates(job["id"])) == 1


def test_a_5xx_is_not_sent_again_blindly(caller: Caller) -> None:
    """A 5xx that created nothing stays unconfirmed: the provider is asked first, and asked again before a second try."""
    job_id = caller.submit("[sim:error_5xx_not_created][sim:generation=0.5] a fox")
    assert caller.job(job_id)["state"] == "unconfirmed"
    caller.twin.cloud.hasten("WorkQueue")
    caller.twin.cloud.settle()
    assert caller.job(job_id)["state"] == "unconfirmed"
    assert len(caller.creates(job_id)) == 1


def test_workers_killed_in_the_middle(caller: Caller) -> None:
    """A function that dies while it stores leaves nothing half done; once its time is over the job is taken up again."""
    job_id = caller.submit("[sim:slow=2] a fox")
    wait_until(lambda: caller.job(job_id)["state"] == "storing", 15, "the copy to begin")
    assert caller.twin.cloud.kill("WorkerFunction") > 0
    assert caller.objects(job_id) == []
    caller.make_due(job_id)
    caller.succeeded_once(job_id)


def test_the_same_work_twice(caller: Caller) -> None:
    """A worker run again for a job at rest does nothing."""
    job = caller.succeeded_once(caller.submit("a fox"))
    asked = caller.queries(job["id"])
    message = {
        "messageId": "m",
        "receiptHandle": "r",
        "body": f'{{"kind": "check", "id": "{job["id"]}", "number": 1}}',
        "attributes": {},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
    }
    result = caller.twin.cloud.invoke("WorkerFunction", {"Records": [message]})
    assert result.error is None, result.log
    assert caller.job(job["id"])["updated_at"] == job["updated_at"]
    assert caller.queries(job["id"]) == asked
