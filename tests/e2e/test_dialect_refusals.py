"""What goes wrong, said in the caller's dialect: providers' refusals and failures, and mistakes of the caller's."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any
from unittest.mock import ANY

import pytest

from tests.e2e.caller import all_at_once, wait_until
from tests.e2e.services import SERVICES, UNIFICALLY
from tests.e2e.upstream import creates_with

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from local.twin import Twin
    from tests.e2e.services import Client


@pytest.fixture(scope="module")
def clients(twin: Twin, clients_of: Callable[[str], dict[str, Client]]) -> dict[str, Client]:
    return clients_of(twin.issue_key("dialect-refusals").api_key)


def kling(code: int) -> dict[str, Any]:
    return {"code": code, "message": ANY, "request_id": ANY}


def flat(code: str) -> dict[str, Any]:
    return {"code": code, "message": ANY, "data": None}


def nested(kind: str, code: str = "") -> dict[str, Any]:
    return {"error": {"message": ANY, "type": kind, "code": code}}


def apimart(code: int, kind: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": ANY, "type": kind}}


def unifically(code: int, word: str) -> dict[str, Any]:
    return {"code": code, "success": False, "data": {"message": ANY, "code": word}}


MODERATED: dict[str, tuple[int, dict[str, Any]]] = {
    "klingai": (400, kling(1301)),
    "ezmodel": (400, flat("task_failed")),
    "apimart": (400, apimart(400, "invalid_request_error")),
    "unifically": (400, unifically(400, "generation_failed")),
}
NO_BALANCE: dict[str, tuple[int, dict[str, Any]]] = {
    "klingai": (429, kling(1102)),
    "ezmodel": (403, flat("quota_not_enough")),
    "apimart": (402, apimart(402, "payment_required")),
    "unifically": (402, unifically(402, "insufficient_balance")),
}

# How each provider says that nothing is left to pay with, and who says at once that a prompt will not do.
EMPTY_ACCOUNT = {
    "klingai": "[sim:refuse=429/1102]",
    "ezmodel": "[sim:no_quota]",
    "apimart": "[sim:refuse=402/402]",
    "unifically": "[sim:refuse=402/402]",
}
MODERATION = {"klingai": "[sim:refuse=400/1301]", "ezmodel": "[sim:raw_errors][sim:refuse=400/1301]"}


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.parametrize("provider", EMPTY_ACCOUNT)
def test_an_empty_account(twin: Twin, clients: dict[str, Client], name: str, provider: str) -> None:
    """Whoever makes it, it is the answer to the create in the caller's dialect; asked once, and nothing was made."""
    prompt = f"{EMPTY_ACCOUNT[provider]} by {provider} for {name}"
    answer = clients[name].create(clients[name].service.least(prompt), Klingway_Provider=provider)
    (call,) = creates_with(twin, prompt)

    assert NO_BALANCE[name] == (answer.status_code, answer.json())
    assert call["status"] >= 400


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.parametrize("provider", MODERATION)
def test_a_prompt_that_is_moderated(clients: dict[str, Client], name: str, provider: str) -> None:
    """A refusal at the create is its answer, in the caller's dialect; it is final and not retried."""
    body = clients[name].service.least(f"{MODERATION[provider]} by {provider} for {name}")
    answer = clients[name].create(body, Klingway_Provider=provider)

    assert MODERATED[name] == (answer.status_code, answer.json())


@pytest.mark.parametrize("name", ["klingai", "ezmodel"])
def test_a_refused_id_is_free_again(clients: dict[str, Client], name: str) -> None:
    """The caller's own id is nobody's after a refusal, and good for the next request; the refused job stays readable."""
    client, own = clients[name], f"again in {name}"
    refused = client.create(
        client.service.least("[sim:refuse=429/1102]") | {"external_task_id": own}, Klingway_Provider="klingai"
    )
    unknown = client.query(own)
    task = client.created(client.service.least("[sim:generation=0.1] again") | {"external_task_id": own})

    assert NO_BALANCE[name] == (refused.status_code, refused.json())
    assert 400 == unknown.status_code
    if name == "klingai":
        assert task == client.success(own)["data"]["task_id"]
    states = {job["state"] for job in client.jobs() if "refuse" in json.dumps(job["request"])}
    assert {"failed"} == states


def test_a_refusal_is_repeated_under_its_key(twin: Twin, clients: dict[str, Client]) -> None:
    """A repetition asks nobody, and takes the external id from nobody who has it by now; a new request takes a new key."""
    client, prompt = clients["klingai"], "[sim:refuse=429/1102] under a key"
    body = client.service.least(prompt) | {"external_task_id": "refused once"}
    first = client.create(body, Idempotency_Key="refused")
    task = client.created(client.service.least("[sim:generation=0.1] later") | {"external_task_id": "refused once"})
    again = client.create(body, Idempotency_Key="refused")

    assert [NO_BALANCE["klingai"]] * 2 == [(answer.status_code, answer.json()) for answer in (first, again)]
    assert 1 == len(creates_with(twin, prompt))
    assert task == client.success("refused once")["data"]["task_id"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_full_provider_is_waited_for(twin: Twin, clients: dict[str, Client], name: str) -> None:
    """The create is taken, and goes out again until the provider has room; nobody else's client has to try again."""
    client, prompt = clients[name], f"[sim:busy=1][sim:generation=0.1] full, says {name}"
    task = client.created(client.service.least(prompt))
    early = client.service.word(client.query(task).json())
    wait_until(lambda: twin.cloud.hasten("WorkQueue") > 0, 10, "the message of the next try")
    client.success(task)

    assert {"klingai": "submitted", "ezmodel": "SUBMITTED"}.get(name, "pending") == early
    assert [429, 200] == [call["status"] for call in creates_with(twin, prompt)]


PAIRS = {f"{name} by {provider}": (name, provider) for name in SERVICES for provider in SERVICES}


@pytest.fixture(scope="module")
def failures(clients: dict[str, Client]) -> dict[str, Future[Any]]:
    """The end of a task that fails, of each pair of a dialect and a provider, asked for at once."""

    def end(pair: tuple[str, str]) -> Any:
        client, provider = clients[pair[0]], pair[1]
        body = client.service.least(f"[sim:moderation][sim:generation=0.1] {pair}")
        return client.end(client.created(body, Klingway_Provider=provider))

    return all_at_once(end, PAIRS)


@pytest.mark.parametrize("pair", PAIRS)
def test_a_task_that_fails_at_its_provider(failures: dict[str, Future[Any]], pair: str) -> None:
    """It is taken, and ends as failed in the caller's dialect, with the provider's reason."""
    name, said = PAIRS[pair][0], failures[pair].result()
    reason = {
        "klingai": lambda: said["data"]["task_status_msg"],
        "ezmodel": lambda: said["data"]["fail_reason"],
        "apimart": lambda: said["data"]["error"]["message"],
        "unifically": lambda: said["data"]["message"],
    }[name]()

    assert SERVICES[name].failure == SERVICES[name].word(said)
    assert "Failure to pass the risk control system" in reason


BIG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"0" * 4_250_000).decode()
TOO_BIG: dict[str, tuple[dict[str, Any], int, dict[str, Any]]] = {
    "klingai": ({"image_list": [{"image_url": BIG}]}, 400, kling(1201)),
    "ezmodel": ({"image_list": [{"image_url": BIG}]}, 413, flat("invalid_request")),
    "apimart": ({"image_urls": [BIG]}, 413, apimart(413, "invalid_request_error")),
    "unifically": ({"video_mode": "elements", "image_urls": [BIG]}, 413, unifically(413, "request_too_large")),
}


@pytest.mark.parametrize("name", SERVICES)
def test_more_inline_than_can_be_taken(clients: dict[str, Client], name: str) -> None:
    """It is that service's error, which says where larger pictures belong."""
    extra, status, told = TOO_BIG[name]
    body = clients[name].service.least("too big")
    body.get("input", body).update(extra)
    answer = clients[name].create(body)

    assert (status, told) == (answer.status_code, answer.json())
    assert "4 MB" in clients[name].service.message(answer.json())


NO_JSON = {
    "klingai": (400, kling(1200)),
    "ezmodel": (400, flat("invalid_request")),
    "apimart": (400, apimart(400, "invalid_request_error")),
    "unifically": (422, unifically(422, "validation_error")),
}
NOWHERE = {
    "klingai": (404, kling(1203)),
    "ezmodel": (404, nested("invalid_request_error")),
    "apimart": (404, apimart(404, "invalid_request_error")),
    "unifically": (404, unifically(404, "not_found")),
}


@pytest.mark.parametrize("name", SERVICES)
def test_what_is_no_request(clients: dict[str, Client], name: str) -> None:
    """Bodies that are none, of another type or without one, and paths and methods that are not there."""
    http, path = clients[name].http, next(iter(SERVICES[name].creates.values()))
    json_type = {"Content-Type": "application/json"}
    for content, headers in (
        (b"{", json_type),
        (b"[]", json_type),
        (b"{}", {"Content-Type": "text/plain"}),
        (b"{}", {}),
    ):
        answer = http.post(path, content=content, headers=headers)
        assert (content, headers, *NO_JSON[name]) == (content, headers, answer.status_code, answer.json())
    for method, at in (("POST", "/v1/nothing"), ("DELETE", path), ("GET", "/"), ("GET", "/v1/nothing/a/b")):
        answer = http.request(method, at)
        assert (at, *NOWHERE[name]) == (at, answer.status_code, answer.json())


@pytest.mark.parametrize("name", SERVICES)
def test_every_mistake_in_one_answer(twin: Twin, clients: dict[str, Client], name: str) -> None:
    """All that is wrong, each under the caller's own name; nothing is submitted, and no job is left."""
    client = clients[name]
    before = len(list(client.jobs()))
    prompt = f"mistakes in {name}"
    body = client.service.least(prompt)
    body.get("input", body).update({"duration": "never", "mode": "ultra", "colour": "red"})
    answer = client.create(body)
    message = client.service.message(answer.json())

    assert client.service.refusal(message) == (answer.status_code, answer.json())
    prefix = "input." if client.service is UNIFICALLY else ""
    for field in ("duration", "mode", "colour"):
        assert f"{prefix}{field}" in message
    assert [] == creates_with(twin, prompt)
    assert before == len(list(client.jobs()))


def test_a_video_address_beside_a_video_element(clients: dict[str, Client]) -> None:
    """Unifically's page: "passing both returns 400"; other mistakes are 422."""
    given = {
        "video_mode": "transform",
        "video_url": "https://example.com/c.mp4",
        "elements": [{"type": "video", "video_url": "https://example.com/d.mp4"}],
    }
    body = clients["unifically"].service.least("two videos")
    body["input"].update(given)
    answer = clients["unifically"].create(body)

    assert (400, unifically(400, "generation_failed")) == (answer.status_code, answer.json())
