"""A submission whose answer is lost, at relays that cannot be asked for our reference: it is never sent again."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from unittest.mock import ANY

import pytest
from klingway.adapters.dynamodb_rows import job_key
from klingway.domain.ids import JobId

from tests.e2e.caller import wait_until
from tests.e2e.upstream import creates_with

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.simulators.receiver import Receiver
    from local.twin import Twin
    from tests.e2e.caller import Caller
    from tests.e2e.services import Client

LOST = ["lost_answer", "error_5xx_created", "garbage_2xx"]
LOST_AT = [
    *((marker, "ezmodel") for marker in (*LOST, "insert_task_failed")),
    *((marker, "unifically") for marker in LOST),
]


@pytest.fixture(scope="module")
def clients(twin: Twin, clients_of: Callable[[str], dict[str, Client]]) -> dict[str, Client]:
    return clients_of(twin.issue_key("lost-answers").api_key)


def everybody_looks(caller: Caller, *tasks: str) -> None:
    """Let everything run that could take jobs on, as if much time had gone by."""
    for _ in range(2):
        for task in tasks:
            caller.make_due(task)
        assert caller.twin.cloud.settle()
        caller.twin.cloud.hasten("WorkQueue")
        assert caller.twin.cloud.settle()


def half_an_hour_later(caller: Caller, *tasks: str) -> None:
    """Let the jobs' attempts have begun longer ago than a callback may still claim them, and everybody look."""
    for task in tasks:
        caller.twin.cloud.client("dynamodb").update_item(
            TableName=caller.twin.cloud.outputs["TableName"],
            Key=job_key(JobId(task)),
            UpdateExpression="SET attempts[0].started_at = :long_ago",
            ExpressionAttributeValues={":long_ago": {"S": "2026-01-01T00:00:00.000000Z"}},
        )
    everybody_looks(caller, *tasks)


def test_it_is_taken_and_never_sent_again(caller: Caller, clients: dict[str, Client], receiver: Receiver) -> None:
    """Whichever way the answer is lost, the client has a task, which waits; where nobody calls back, it fails in the end.

    It says that there may be a charge, and the client's own callback address hears of it.
    """
    tasks: dict[str, tuple[Client, str]] = {}
    for marker, name in LOST_AT:
        prompt = f"[sim:{marker}][sim:silent] {name}"
        body = clients[name].service.least(prompt) | {"callback_url": f"{receiver.url}/lost"}
        tasks[clients[name].created(body)] = (clients[name], prompt)
    waiting = {"ezmodel": "SUBMITTED", "unifically": "pending"}

    def words() -> list[tuple[str, str]]:
        return [
            (client.service.name, client.service.word(client.query(task).json())) for task, (client, _) in tasks.items()
        ]

    assert [(name, waiting[name]) for _, name in LOST_AT] == words()
    everybody_looks(caller, *tasks)
    assert [(name, waiting[name]) for _, name in LOST_AT] == words()
    half_an_hour_later(caller, *tasks)

    for task, (client, prompt) in tasks.items():
        assert client.service.failure == client.service.word(client.end(task))
        error = client.job(task)["error"]
        assert ("submission_unconfirmed", False) == (error["code"], error["retryable"])
        assert "charged" in error["message"]
        assert 1 == len(creates_with(caller.twin, prompt)), prompt
    wait_until(lambda: len(receiver.at("/lost")) == len(tasks), 10, "the callbacks")


@pytest.mark.parametrize("marker", ["lost_answer", "garbage_2xx"])
def test_klings_own_callback_finds_it_behind_ezmodel(caller: Caller, clients: dict[str, Client], marker: str) -> None:
    """Its address names our attempt, and EzModel's record of the task fits: adopted, and stored."""
    client, prompt = clients["ezmodel"], f"[sim:{marker}][sim:generation=0.5] found"
    task = client.created(client.service.least(prompt))
    client.success(task)
    (attempt,) = client.job(task)["attempts"]
    (made,) = [each for each in caller.twin.simulators["ezmodel"].tasks() if each["prompt"] == prompt]

    assert ("callback", made["task_id"]) == (client.job(task)["learnt_by"], attempt["task_id"])
    assert 1 == len(creates_with(caller.twin, prompt))


def test_the_callers_own_tries_make_no_second_task(caller: Caller, clients: dict[str, Client]) -> None:
    """Under the same key it is the same task; under the same id of the caller's own it exists already, lost or not."""
    client, prompt = clients["ezmodel"], "[sim:lost_answer][sim:silent] tried again"
    body = client.service.least(prompt) | {"external_task_id": "lost order"}
    task = client.created(body, Idempotency_Key="lost-order")
    replayed = client.create(body, Idempotency_Key="lost-order")
    again = client.create(body)
    half_an_hour_later(caller, task)
    still = client.create(body)

    assert task == client.service.task_id(replayed.json())
    exists = {"code": "task_failed", "message": "External_task_id lost order already exists", "data": None}
    assert [(400, exists)] * 2 == [(answer.status_code, answer.json()) for answer in (again, still)]
    assert client.service.failure == client.service.word(client.end(task))
    assert 1 == len(creates_with(caller.twin, prompt))


@pytest.mark.parametrize("name", ["klingai", "ezmodel", "unifically"])
def test_an_answer_that_the_caller_never_gets(caller: Caller, clients: dict[str, Client], name: str) -> None:
    """The gateway's function dies while the provider is being asked: API Gateway says 500, and the caller tries again.

    His own id, or his key, leads him to the one task there is. It is found at Kling by our reference, behind EzModel by
    Kling's callback, and at Unifically by its own.
    """
    client, prompt = clients[name], f"[sim:submit_delay=1.5][sim:generation=0.5] a dead function at {name}"
    own = {"external_task_id": f"dead {name}"} if name != "unifically" else {}
    key, body = f"dead-{name}", client.service.least(prompt) | own
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(client.create, body, None, Idempotency_Key=key)
        wait_until(lambda: caller.twin.cloud.pool("ApiFunction").active > 0, 5, "the function to be at work")
        time.sleep(0.7)  # until it waits for the provider
        assert caller.twin.cloud.kill("ApiFunction") > 0
        lost = first.result()
    again = client.create(body, Idempotency_Key=key)
    task = client.service.task_id(again.json())
    wait_until(lambda: bool(creates_with(caller.twin, prompt)), 5, "the call at the provider")

    assert (500, {"message": ANY}) == (lost.status_code, lost.json())
    assert "true" == again.headers["Idempotent-Replayed"]
    if own:
        assert task == client.query(f"dead {name}").json()["data"]["task_id"]
    everybody_looks(caller, task)
    client.success(task)
    assert 1 == len(creates_with(caller.twin, prompt))
