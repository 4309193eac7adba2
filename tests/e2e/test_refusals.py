from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.e2e.caller import Caller

JSON = {"Content-Type": "application/json"}


def is_problem(answer: Any, status: int) -> bool:
    said = answer.json()
    return (
        answer.status_code == status == said["status"]
        and answer.headers["content-type"] == "application/problem+json"
        and {"type", "title", "detail", "problems", "request_id"} <= set(said)
    )


def test_five_mistakes(caller: Caller) -> None:
    """One 422 names all five, each with what would be accepted; nothing is stored or submitted."""
    before = len(caller.simulator.requests())
    body = {
        "prompt": "",
        "duration_s": 60,
        "aspect_ratio": "4:3",
        "mode": "ultra",
        "colour": "red",
        "reference": "five",
    }
    answer = caller.post(body, Idempotency_Key="five")
    assert is_problem(answer, 422)
    problems = {problem["field"]: problem for problem in answer.json()["problems"]}
    assert set(problems) == {"prompt", "duration_s", "aspect_ratio", "mode", "colour"}
    assert problems["duration_s"]["limit"] == {"min": 3, "max": 15}
    assert problems["mode"]["limit"] == ["std", "pro", "4k"]
    assert all(problem["message"] for problem in problems.values())
    assert caller.http.get("/v1/jobs", params={"reference": "five"}).json()["jobs"] == []
    assert len(caller.simulator.requests()) == before
    accepted = caller.post({"prompt": "a fox", "duration_s": 3}, Idempotency_Key="five")
    assert accepted.status_code == 202  # a refused request consumed nothing
    caller.over(accepted.json()["id"])


@pytest.mark.parametrize(
    ("status", "call"),
    [
        (400, {"content": b"{", "headers": JSON}),
        (400, {"content": b"[]", "headers": JSON}),
        (400, {"content": b'{"prompt": "a", "prompt": "b"}', "headers": JSON}),
        (400, {"content": b'{"prompt": "\xff"}', "headers": JSON}),
        (400, {"content": b"", "headers": JSON}),
        (400, {"content": b"[" * 100_000, "headers": JSON}),
        (400, {"content": b'{"cfg_scale": NaN}', "headers": JSON}),
        (415, {"content": b'{"prompt": "a"}', "headers": {"Content-Type": "text/plain"}}),
        (415, {"content": b'{"prompt": "a"}'}),
        (415, {"data": {"prompt": "a"}}),
        (422, {"json": {}}),
        (400, {"content": b'{"prompt": "\\ud800"}', "headers": JSON}),  # half a surrogate pair
        (422, {"json": {"prompt": "a", "provider": "nobody"}}),
        (422, {"json": {"prompt": "a"}, "headers": {"Idempotency-Key": "x" * 256}}),
        (422, {"json": {"prompt": "a", "metadata": {"a": "x" * 3000}}}),
        (422, {"json": {"prompt": "a", "duration_s": 10**400}}),
    ],
)
def test_bodies_that_cannot_be_taken(caller: Caller, status: int, call: dict[str, Any]) -> None:
    """Each is a problem answer with its status, never a 500."""
    answer = caller.http.post("/v1/videos", **call)
    assert is_problem(answer, status), (answer.status_code, answer.text[:300])


def test_a_body_of_seven_megabytes(caller: Caller) -> None:
    """It is 413 by API Gateway's or Lambda's own limit; the gateway answers on."""
    answer = caller.http.post("/v1/videos", content=b'{"prompt": "' + b"a" * 7_000_000 + b'"}', headers=JSON)
    assert answer.status_code == 413
    assert caller.http.get("/health").status_code == 200


def test_five_megabytes_inline(caller: Caller) -> None:
    """What Lambda would take but the gateway does not is a problem answer that says so."""
    import base64  # noqa: PLC0415 - for this test alone

    picture = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"0" * 4_250_000).decode()
    answer = caller.post({"prompt": "a", "images": [{"url": picture}]})
    assert is_problem(answer, 413)


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer nonsense", "Basic a2V5", "Bearer kwk_a_b", "Bearer kwk_{id}_wrong", "Bearer kwk__"],
)
@pytest.mark.parametrize(("method", "path"), [("POST", "/v1/videos"), ("GET", "/v1/jobs"), ("GET", "/v1/jobs/job_x")])
def test_no_key_or_a_wrong_one(caller: Caller, authorization: str, method: str, path: str) -> None:
    """401 on every route, before anything else is looked at."""
    given = authorization.format(id=caller.twin.key.key.key_id)
    answer = caller.http.request(method, path, headers={"Authorization": given}, content=b"{")
    assert is_problem(answer, 401), answer.text
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/v1/nothing"),
        ("POST", "/v1/jobs"),
        ("DELETE", "/v1/videos"),
        ("GET", "/v1/jobs/job_00000000000000000000000000"),
        ("GET", "/v1/jobs/..%2f..%2fapikey"),
        ("GET", "/v1/jobs/%00"),
        ("GET", "/v1/jobs/job_00000000000000000000000000/content"),
    ],
)
def test_unknown_paths(caller: Caller, method: str, path: str) -> None:
    """404 as a problem answer."""
    assert is_problem(caller.http.request(method, path), 404)


def test_another_tenants_job(caller: Caller) -> None:
    """It is as unknown as one that does not exist: to read, to download, to list; its key repeats nothing of ours."""
    answer = caller.post({"prompt": "mine", "duration_s": 3}, Idempotency_Key="shared")
    mine = answer.json()["id"]
    caller.over(mine)
    other = {"Authorization": f"Bearer {caller.twin.issue_key('other').api_key}"}
    for path in (f"/v1/jobs/{mine}", f"/v1/jobs/{mine}/content"):
        assert is_problem(caller.http.get(path, headers=other), 404)
    assert caller.http.get("/v1/jobs", headers=other).json() == {"jobs": [], "next_cursor": None}
    theirs = caller.http.post(
        "/v1/videos", json={"prompt": "mine", "duration_s": 3}, headers=other | {"Idempotency-Key": "shared"}
    ).json()["id"]
    assert theirs != mine
    assert is_problem(caller.http.get(f"/v1/jobs/{theirs}"), 404)


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "state=done", "cursor=x", "color=red", "limit=5&limit=6"])
def test_lists_that_cannot_be_made(caller: Caller, query: str) -> None:
    """422 that names the filter."""
    answer = caller.http.get(f"/v1/jobs?{query}")
    assert is_problem(answer, 422)
    assert answer.json()["problems"][0]["field"] == query.split("=", maxsplit=1)[0]


@pytest.mark.parametrize("path", ["/callbacks/job_0-1/x", "/callbacks/{id}-1/forged", "/callbacks/x/y"])
def test_forged_callbacks(caller: Caller, path: str) -> None:
    """A token that we did not make is refused, and nothing is asked of the provider."""
    job_id = caller.succeeded_once(caller.submit("a fox"))["id"]
    before = caller.queries(job_id)
    answer = caller.http.post(path.format(id=job_id), json={"task_status": "succeed", "task_id": "1"})
    assert answer.status_code in {401, 403}
    caller.twin.cloud.settle()
    assert caller.queries(job_id) == before
