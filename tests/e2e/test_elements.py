"""Elements before the video on the whole stack: the real definition, the real handlers, KlingAI's simulated registry."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from standardwebhooks import Webhook

from tests.e2e.caller import wait_until

if TYPE_CHECKING:
    import httpx

    from local.simulators.receiver import Receiver
    from tests.e2e.caller import Caller

PATH = ["MakeElements", "MakeElement", "SubmitJob", "SUCCEEDED"]


def described(name: str, description: str = "as it is") -> dict[str, Any]:
    images = [f"https://media.example/{name}-{number}.png" for number in (1, 2)]
    return {"name": name, "description": description, "images": images}


def asked_for(caller: Caller, *elements: dict[str, Any], prompt: str = "<<<element_1>>> runs") -> str:
    return caller.submit(prompt, elements=list(elements))


def ended_at(job: dict[str, Any]) -> float:
    return datetime.fromisoformat(job["finished_at"]).timestamp()


def until_deleted(caller: Caller, name: str) -> dict[str, Any]:
    """Waits for an element's deletion, and holds that it was made once."""
    wait_until(lambda: [made["state"] for made in caller.elements(name)] == ["deleted"], 15, f"the deletion of {name}")
    (element,) = caller.elements(name)
    return element


def test_two_elements(caller: Caller) -> None:
    """Both are made once, the video refers to them, and they are deleted only after its end."""
    both = [described("two-dog"), described("two-cat")]
    job_id = asked_for(caller, *both, prompt="<<<element_1>>> meets <<<element_2>>>")
    assert caller.job(job_id)["state"] == "preparing"

    job = caller.succeeded_once(job_id)

    assert caller.path(job_id) == ["MakeElements", "MakeElement", "MakeElement", "SubmitJob", "SUCCEEDED"]
    (video,) = caller.tasks(job_id)
    gone = [until_deleted(caller, name) for name in ("two-dog", "two-cat")]
    assert [element["used_by"] for element in gone] == [[video["task_id"]]] * 2
    assert all(element["deleted_at"] >= ended_at(job) for element in gone)


def test_one_element_fails(caller: Caller) -> None:
    """The job fails, naming the element; nothing is submitted, and the one that was made is deleted."""
    job_id = asked_for(caller, described("half-dog"), described("half-cat", "[sim:fail] a cat"))

    job = caller.over(job_id)

    assert (job["state"], job["error"]["code"]) == ("failed", "element_failed")
    assert "elements[1]" in job["error"]["message"]
    assert caller.path(job_id)[-3:] == ["FailJob", "JobFailed", "FAILED"]
    assert caller.creates(job_id) == []
    until_deleted(caller, "half-dog")
    assert [made["state"] for made in caller.elements("half-cat")] == ["failed"]
    assert caller.events(job_id) == ["Job Failed"]


def test_two_jobs_that_want_the_same_element(caller: Caller) -> None:
    """It is made once, used by both, and there until the later one has ended."""
    dog = described("shared-dog", "[sim:generation=1] a dog")

    def submit(seconds: int) -> str:
        return asked_for(caller, dog, prompt=f"[sim:generation={seconds}] <<<element_1>>> runs")

    with ThreadPoolExecutor(2) as pool:
        quick, slow = pool.map(submit, (1, 4))

    caller.succeeded_once(quick)
    assert caller.twin.cloud.settle()
    assert [made["state"] for made in caller.elements("shared-dog")] == ["succeeded"]
    later = caller.succeeded_once(slow)
    element = until_deleted(caller, "shared-dog")
    assert len(element["used_by"]) == 2
    assert element["deleted_at"] >= ended_at(later)
    assert [caller.path(job_id) for job_id in (quick, slow)] == [PATH, PATH]


def test_a_provider_that_is_full_once_the_elements_are_made(caller: Caller) -> None:
    """The job is queued and goes out again; the execution has ended well, and the element stays until the end."""
    job_id = asked_for(caller, described("busy-dog"), prompt="[sim:busy=2] <<<element_1>>> runs")
    wait_until(lambda: caller.job(job_id)["state"] == "queued", 15, "the refusal")
    assert [made["state"] for made in caller.elements("busy-dog")] == ["succeeded"]

    job = caller.succeeded_once(job_id)

    assert [call["status"] for call in caller.creates(job_id)] == [429, 429, 200]
    assert caller.path(job_id) == PATH
    assert until_deleted(caller, "busy-dog")["deleted_at"] >= ended_at(job)


def test_an_element_that_nobody_calls_back_about(caller: Caller) -> None:
    """Its own chain finds it made, with no poller."""
    job_id = asked_for(caller, described("silent-dog", "[sim:silent] a dog"))

    caller.succeeded_once(job_id)

    assert caller.path(job_id) == PATH
    until_deleted(caller, "silent-dog")


@pytest.mark.parametrize(
    ("name", "marker", "function"),
    [
        ("asked", "[sim:submit_delay=2]", "ElementsFunction"),
        ("watched", "[sim:silent][sim:query_time_out][sim:time_out_s=4]", "WorkerFunction"),
    ],
)
def test_functions_killed_while_an_element_is_made(caller: Caller, name: str, marker: str, function: str) -> None:
    """Whoever dies, asking for the element or asking after it: it is made once, and its row takes the job on."""
    pool = caller.twin.cloud.pool(function)
    assert caller.twin.cloud.settle()
    job_id = asked_for(caller, described(f"{name}-dog", f"{marker} a dog"))
    # The worker is at it once the element's own check has come, five seconds after the element was wanted.
    wait_until(lambda: pool.active > 0, 15, "the function to be at work")
    time.sleep(1)  # until it waits for the provider
    assert caller.twin.cloud.kill(function) > 0
    wait_until(lambda: bool(caller.elements(f"{name}-dog")), 15, "the element at the provider")

    caller.make_element_due(caller.elements(f"{name}-dog")[0]["external_id"])

    caller.succeeded_once(job_id)
    assert caller.path(job_id)[-2:] == ["SubmitJob", "SUCCEEDED"]
    until_deleted(caller, f"{name}-dog")


def test_a_create_in_klings_own_words_is_called_back(caller: Caller, receiver: Receiver) -> None:
    """Once, as Kling's document says it, and signed; one that Kling refuses at once is answered, and not called back."""

    def create(name: str, description: str) -> httpx.Response:
        body = {
            "element_name": name,
            "element_description": description,
            "reference_type": "image_refer",
            "element_image_list": {
                "frontal_image": "https://media.example/1.png",
                "refer_images": [{"image_url": "https://media.example/2.png"}],
            },
            "external_task_id": name,
            "callback_url": f"{receiver.url}/{name}",
        }
        return caller.http.post("/klingai/v1/general/advanced-custom-elements", json=body)

    refused = create("unwanted-dog", "[sim:refuse=400/1301] a dog")
    made = create("called-dog", "a dog")
    wait_until(lambda: bool(receiver.at("/called-dog")), 15, "the callback")
    assert caller.twin.cloud.hasten("WorkQueue") > 0  # among others, what would tell of the refusal
    assert caller.twin.cloud.settle()

    assert (refused.status_code, refused.json()["code"]) == (400, 1301)
    assert receiver.at("/unwanted-dog") == []
    (message,) = receiver.at("/called-dog")
    secret = caller.http.get("/v1/webhook-secret").json()["secret"]
    said = Webhook(secret).verify(message.body, dict(message.headers))
    assert (said["task_id"], said["task_status"]) == (made.json()["data"]["task_id"], "succeed")
    assert said["task_info"] == {"external_task_id": "called-dog"}
    assert [element["element_name"] for element in said["task_result"]["elements"]] == ["called-dog"]
