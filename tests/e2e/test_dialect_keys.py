"""Who may speak a dialect: keys, signed tokens in Kling's own, and what nobody or somebody else is answered."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from unittest.mock import ANY

import jwt
import pytest

from tests.e2e.services import SERVICES

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx
    from klingway.use_cases.manage_keys import IssuedKey

    from local.twin import Twin
    from tests.e2e.services import Client


@pytest.fixture(scope="module")
def key(twin: Twin) -> IssuedKey:
    return twin.issue_key("dialect-keys")


@pytest.fixture(scope="module")
def clients(key: IssuedKey, clients_of: Callable[[str], dict[str, Client]]) -> dict[str, Client]:
    return clients_of(key.api_key)


def signed(key: IssuedKey, *, secret_key: str | None = None, **changed: Any) -> dict[str, str]:
    """Return the header that Kling's own clients send: a token signed with the pair, for half an hour, dated back by 5 s."""
    now = int(time.time())
    claims = {"iss": key.access_key, "exp": now + 1800, "nbf": now - 5} | changed
    return {"Authorization": f"Bearer {jwt.encode(claims, secret_key or key.secret_key, algorithm='HS256')}"}


def test_tokens_signed_with_a_pair_are_taken_as_kling_takes_them(key: IssuedKey, clients: dict[str, Client]) -> None:
    """For a create, a query and a list, each with a token of its own; the task is the same one that the bearer key sees."""
    http = clients["klingai"].http
    path = "/v1/videos/omni-video"
    body = clients["klingai"].service.least("[sim:generation=0.1] signed")

    task_id = http.post(path, json=body, headers=signed(key)).json()["data"]["task_id"]
    one = http.get(f"{path}/{task_id}", headers=signed(key)).json()["data"]["task_id"]
    (listed,) = http.get(path, headers=signed(key)).json()["data"]

    assert (task_id, task_id) == (one, listed["task_id"])
    assert "succeed" == clients["klingai"].success(task_id)["data"]["task_status"]


def test_tokens_that_will_not_do(key: IssuedKey, clients: dict[str, Client]) -> None:
    """401 with the code of Kling's table: none, no good, too early, too late. Nobody learns which of a pair was wrong."""
    wrong: dict[str, tuple[dict[str, str], int]] = {
        "none": ({"Authorization": ""}, 1001),
        "no token": ({"Authorization": "Bearer nonsense"}, 1002),
        "of nobody": (signed(key, iss="nobody"), 1002),
        "with another secret": (signed(key, secret_key="0" * 43), 1002),
        "too early": (signed(key, nbf=int(time.time()) + 600), 1003),
        "too late": (signed(key, exp=int(time.time()) - 600), 1004),
    }
    for method, path in (("POST", "/v1/videos/omni-video"), ("GET", "/v1/images/generations/job_0")):
        for name, (headers, code) in wrong.items():
            answer = clients["klingai"].http.request(method, path, headers=headers, json={})
            told = {"code": code, "message": ANY, "request_id": ANY}
            assert (name, 401, told) == (name, answer.status_code, answer.json())


NO_KEY: dict[str, Any] = {
    "klingai": {"code": 1002, "message": ANY, "request_id": ANY},
    "ezmodel": {"error": {"message": ANY, "type": "new_api_error", "code": ""}},
    "apimart": {"error": {"code": 401, "message": ANY, "type": "authentication_error"}},
    "unifically": {"code": 401, "success": False, "data": {"message": ANY, "code": "authentication_failed"}},
}


@pytest.mark.parametrize("name", SERVICES)
def test_another_key_is_refused_in_the_services_words(key: IssuedKey, clients: dict[str, Client], name: str) -> None:
    """401 in that service's form, whatever is asked for; a signed token is a key in Kling's own dialect alone."""
    tries = [{"Authorization": f"Bearer kwk_{key.key.key_id}_wrong"}]
    tries += [] if name == "klingai" else [signed(key)]
    path = next(iter(SERVICES[name].creates.values()))
    for headers in tries:
        for method, at in (("POST", path), ("GET", f"{path}/job_0"), ("GET", "/nowhere")):
            answer = clients[name].http.request(method, at, headers=headers)
            assert (401, NO_KEY[name]) == (answer.status_code, answer.json())


NOT_FOUND: dict[str, tuple[int, Callable[[str], Any]]] = {
    "klingai": (
        400,
        lambda task: {"code": 1201, "message": f"Task not found by id/external id: {task}", "request_id": ANY},
    ),
    "ezmodel": (400, lambda _: {"code": "task_not_exist", "message": ANY, "data": None}),
    "apimart": (
        400,
        lambda _: {"error": {"code": 400, "message": "Invalid task ID", "type": "invalid_request_error"}},
    ),
    "unifically": (404, lambda _: {"code": 404, "success": False, "data": {"message": ANY, "code": "not_found"}}),
}


@pytest.mark.parametrize("name", SERVICES)
def test_another_tenants_task_is_as_unknown_as_none(
    twin: Twin, clients: dict[str, Client], clients_of: Callable[[str], dict[str, Client]], name: str
) -> None:
    """By its id and by its caller's own; neither can it be listed, nor its film be had, nor is it known in another dialect."""
    mine, theirs = clients[name], clients_of(twin.issue_key("somebody-else").api_key)
    own = {"external_task_id": f"mine in {name}"} if name in {"klingai", "ezmodel"} else {}
    task = mine.created(mine.service.least("[sim:generation=0.1] mine") | own)
    mine.success(task)
    status, told = NOT_FOUND[name]

    for asked in [task, "job_00000000000000000000000000", *own.values()]:
        answer = theirs[name].query(asked)
        assert (status, told(asked)) == (answer.status_code, answer.json())
    assert [] == theirs["klingai"].http.get("/v1/videos/omni-video").json()["data"]
    assert 404 == theirs["ezmodel"].http.get(f"/v1/videos/{task}/content").status_code
    for other in set(SERVICES) - {name}:
        status, told = NOT_FOUND[other]
        answer = clients[other].query(task)
        assert (status, told(task)) == (answer.status_code, answer.json())


def test_links_end_with_their_signature(clients: dict[str, Client], anybody: httpx.Client) -> None:  # noqa: TID251 - a test's own
    """What is changed about a link opens nothing."""
    client = clients["unifically"]
    (link,) = client.service.films(client.success(client.created(client.service.least("[sim:generation=0.1] a link"))))

    assert 200 == anybody.get(link).status_code
    for wrong in (
        link[:-1] + ("0" if link[-1] != "0" else "1"),
        link.replace("video.mp4", "job.json"),
        link.split("?")[0],
    ):
        assert 401 == anybody.get(wrong).status_code, wrong
