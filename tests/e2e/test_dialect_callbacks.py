"""A caller's own `callback_url`: told the end of a task in that service's form, signed, whoever made it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from unittest.mock import ANY

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from tests.e2e.caller import all_at_once, opened, seconds_of, wait_until
from tests.e2e.services import SERVICES

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    import httpx

    from local.simulators.receiver import Received, Receiver
    from local.twin import Twin
    from tests.e2e.services import Client

QUICK = "[sim:generation=0.1]"


@pytest.fixture(scope="module")
def clients(twin: Twin, clients_of: Callable[[str], dict[str, Client]]) -> dict[str, Client]:
    return clients_of(twin.issue_key("dialect-callbacks").api_key)


@pytest.fixture(scope="module")
def secret(clients: dict[str, Client]) -> str:
    """The tenant's secret, with which callbacks are signed as webhooks are."""
    http = clients["klingai"].http
    return str(http.get(http.base_url.copy_with(path="/v1/webhook-secret")).json()["secret"])


def told(receiver: Receiver, path: str, count: int = 1) -> list[Received]:
    """Wait for what is told at a path."""
    wait_until(lambda: len(receiver.at(path)) >= count, 15, f"what is told at {path}")
    return receiver.at(path)


def asking_to_be_told(client: Client, prompt: str, url: str) -> dict[str, Any]:
    """Return a create with a callback address, and with an id of the caller's own where the service knows one."""
    own = {"external_task_id": prompt} if client.service.name in {"klingai", "ezmodel"} else {}
    return client.service.least(prompt) | {"callback_url": url} | own


def kling_task(task: str, own: str, word: str) -> dict[str, Any]:
    """Return Kling's callback: its task, flat, without the envelope."""
    return {
        "task_id": task,
        "task_status": word,
        "task_status_msg": ANY,
        "task_info": {"external_task_id": own},
        "watermark_info": {"enabled": False},
        "created_at": ANY,
        "updated_at": ANY,
    }


PAIRS = {
    f"{name} by {provider}": (name, provider) for name in ("klingai", "ezmodel", "unifically") for provider in SERVICES
}


@pytest.fixture(scope="module")
def tasks(clients: dict[str, Client], receiver: Receiver) -> dict[str, Future[str]]:
    """A task of each pair of a dialect that calls back and a provider, asked for at once."""

    def ask(pair: tuple[str, str]) -> str:
        name, provider = pair
        url = f"{receiver.url}/told/{name}/{provider}"
        body = asking_to_be_told(clients[name], f"{QUICK} {name} by {provider}", url)
        return clients[name].created(body, Klingway_Provider=provider)

    return all_at_once(ask, PAIRS)


@pytest.mark.parametrize("pair", PAIRS)
def test_a_success(
    tasks: dict[str, Future[str]],
    receiver: Receiver,
    secret: str,
    anybody: httpx.Client,  # noqa: TID251 - a test's own
    pair: str,
) -> None:
    """Told once, in the form of the service that the caller speaks, with a link that plays; nobody else could have signed it."""
    name, provider = PAIRS[pair]
    task, prompt = tasks[pair].result(), f"{QUICK} {name} by {provider}"
    (message,) = told(receiver, f"/told/{name}/{provider}")
    said = Webhook(secret).verify(message.body, dict(message.headers))
    film = {"id": task, "url": ANY, "duration": ANY}
    expected = (
        {"task_id": task, "status": "completed", "data": {"video_url": ANY}}
        if name == "unifically"
        else kling_task(task, prompt, "succeed") | {"task_result": {"videos": [film]}}
    )

    assert expected == said
    link = said["data"]["video_url"] if name == "unifically" else said["task_result"]["videos"][0]["url"]
    assert pytest.approx(3, abs=0.1) == seconds_of(opened(anybody, link).read())
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(message.body.replace(task.encode(), b"job_0"), dict(message.headers))


@pytest.mark.parametrize("name", ["klingai", "ezmodel", "unifically"])
def test_a_failure(clients: dict[str, Client], receiver: Receiver, name: str) -> None:
    """With the reason where that service has it."""
    client, prompt, path = clients[name], f"[sim:moderation]{QUICK} {name}", f"/failed/{name}"
    task = client.created(asking_to_be_told(client, prompt, f"{receiver.url}{path}"))
    (message,) = told(receiver, path)
    said, reason = json.loads(message.body), "Failure to pass the risk control system"

    if name == "unifically":
        assert {"task_id": task, "status": "failed", "error_message": ANY} == said
        assert reason in said["error_message"]
    else:
        assert kling_task(task, prompt, "failed") == said
        assert reason in said["task_status_msg"]


def test_pictures(clients: dict[str, Client], receiver: Receiver) -> None:
    """Kling's form of a task of images, in the order of their numbers."""
    body = {
        "model_name": "kling-v3",
        "prompt": f"{QUICK} two",
        "n": 2,
        "callback_url": f"{receiver.url}/told/pictures",
    }
    task = clients["klingai"].created(body, "generations")
    (message,) = told(receiver, "/told/pictures")
    pictures = [{"index": 0, "url": ANY}, {"index": 1, "url": ANY}]

    assert kling_task(task, "", "succeed") | {"task_result": {"images": pictures}} == json.loads(message.body)


def test_a_receiver_that_fails_at_first(clients: dict[str, Client], receiver: Receiver, twin: Twin) -> None:
    """It is told again, under the same id."""
    receiver.answers["/told/flaky"] = [500]
    client = clients["unifically"]
    client.created(asking_to_be_told(client, f"{QUICK} flaky", f"{receiver.url}/told/flaky"))
    told(receiver, "/told/flaky")
    wait_until(lambda: twin.cloud.hasten("DeliveriesQueue") >= 1, 10, "the message of the next try")
    first, second = told(receiver, "/told/flaky", 2)

    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert json.loads(first.body)["task_id"] == json.loads(second.body)["task_id"]


def test_who_is_not_told(twin: Twin, clients: dict[str, Client], receiver: Receiver) -> None:
    """APIMart has no such field; an address inside is refused at its place; a refused create tells nobody."""
    apimart = clients["apimart"].create(
        clients["apimart"].service.least(QUICK) | {"callback_url": f"{receiver.url}/none"}
    )
    inside = clients["klingai"].create(
        clients["klingai"].service.least(QUICK) | {"callback_url": "http://127.0.0.1:1/x"}
    )
    refused = clients["klingai"].create(
        clients["klingai"].service.least("[sim:refuse=400/1301]") | {"callback_url": f"{receiver.url}/none"}
    )

    assert twin.cloud.settle()
    assert [400, 400, 400] == [answer.status_code for answer in (apimart, inside, refused)]
    assert "callback_url" in apimart.json()["error"]["message"]
    assert inside.json()["message"].startswith("callback_url")
    assert [] == receiver.at("/none")
