from __future__ import annotations

import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from tests.e2e.caller import wait_until

if TYPE_CHECKING:
    from tests.e2e.caller import Caller

MANY: Final = {"klingai": 100, "apimart": 100, "auto": 10}
AT_ONCE: Final = 20


def test_two_hundred_at_once(caller: Caller) -> None:
    """All succeed, each with one submission upstream, one object set and one event, whoever makes them."""
    wanted = [(f"{provider} fox {number}", provider) for provider, count in MANY.items() for number in range(count)]

    def submit(prompt_and_provider: tuple[str, str]) -> str:
        prompt, provider = prompt_and_provider
        return caller.submit(prompt, provider=provider, reference="many")

    began = time.monotonic()
    with ThreadPoolExecutor(len(wanted)) as pool:
        prompts = {job_id: prompt for job_id, (prompt, _) in zip(pool.map(submit, wanted), wanted, strict=True)}
    assert len(prompts) == len(wanted)

    bus = caller.twin.cloud.outputs["EventBusName"]

    def told() -> Counter[tuple[str, str]]:
        events = [
            event for event in caller.twin.cloud.published_events(bus) if event["detail"].get("job_id") in prompts
        ]
        return Counter((event["detail"]["job_id"], event["detail-type"]) for event in events)

    wait_until(lambda: len(told()) >= len(wanted), 150, "the end of all")
    print(f"{len(wanted)} jobs took {time.monotonic() - began:.1f} s")  # noqa: T201 - a figure that is asked for
    assert caller.twin.cloud.settle(30)
    jobs = {job_id: caller.job(job_id) for job_id in prompts}
    assert Counter(job["state"] for job in jobs.values()) == {"succeeded": len(wanted)}
    makers = Counter(job["provider"] for job in jobs.values())
    assert makers == {"klingai": MANY["klingai"], "apimart": MANY["apimart"] + MANY["auto"]}  # the cheaper one of both
    creates = Counter(
        call["body"].get("prompt")
        for simulator in caller.twin.simulators.values()
        for call in simulator.requests()
        if call["method"] == "POST"
    )
    assert {prompt: creates[prompt] for prompt in prompts.values()} == dict.fromkeys(prompts.values(), 1)
    assert told() == {(job_id, "Job Succeeded"): 1 for job_id in prompts}
    pages = caller.twin.cloud.client("s3").get_paginator("list_objects_v2")
    bucket = caller.twin.cloud.outputs["BucketName"]
    keys = [
        item["Key"] for page in pages.paginate(Bucket=bucket, Prefix="results/") for item in page.get("Contents", [])
    ]
    stored = Counter(job_id for key in keys for job_id in [key.split("/")[5]] if job_id in prompts)
    assert stored == dict.fromkeys(prompts, 2)  # the video and its provenance


def at_once(caller: Caller, key: str, prompt: str) -> set[str]:
    """Submits the same request under the same key many times at once; returns the ids that came back."""

    def submit(_: int) -> str:
        # What says "nothing was accepted, try again" is tried again, as every client does.
        for _try in range(20):
            body = {"prompt": prompt, "duration_s": 3, "provider": "klingai"}
            answer = caller.post(body, Idempotency_Key=key)
            if answer.status_code != 503:
                break
            time.sleep(0.1)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return set(pool.map(submit, range(AT_ONCE)))


def test_the_same_key_twenty_times_at_once(caller: Caller) -> None:
    """One job, one submission upstream, whoever was first."""
    (job_id,) = at_once(caller, "twenty", "the same")
    caller.succeeded_once(job_id)
    assert len(caller.creates(job_id)) == 1


def test_the_same_key_while_the_table_conflicts(caller: Caller) -> None:
    """One job and one submission also when the table answers TransactionConflict in between."""
    caller.twin.cloud.faults.fail_next(
        "dynamodb",
        "TransactWriteItems",
        code="TransactionCanceledException",
        times=12,
        reasons=["None", "None", "TransactionConflict"],
    )
    (job_id,) = at_once(caller, "conflict", "the same, disturbed")
    caller.twin.cloud.faults.clear()
    caller.succeeded_once(job_id)
    assert len(caller.creates(job_id)) == 1
    listed = caller.http.get("/v1/jobs", params={"limit": 50}).json()["jobs"]
    assert json.dumps(listed).count("the same, disturbed") == 1


def test_a_key_used_for_another_body(caller: Caller) -> None:
    """422 that names the header; the first job is not touched."""
    first = caller.post({"prompt": "one", "duration_s": 3}, Idempotency_Key="reused")
    again = caller.post({"duration_s": 3, "prompt": "one"}, Idempotency_Key="reused")
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json()["id"] == first.json()["id"]
    other = caller.post({"prompt": "two", "duration_s": 3}, Idempotency_Key="reused")
    assert other.status_code == 422
    assert other.json()["problems"][0]["field"] == "Idempotency-Key"
    caller.over(first.json()["id"])
