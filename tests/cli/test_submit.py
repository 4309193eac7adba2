from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from local.cli import following
from tests.cli.fake_gateway import VIDEO, Answer, FakeGateway

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

PROBLEM: dict[str, Any] = {
    "type": "urn:klingway:invalid_request",
    "title": "Invalid request",
    "status": 422,
    "detail": "The request has 2 problems; nothing was accepted.",
    "problems": [
        {"field": "duration_s", "code": "too_long", "message": "duration_s is 60.", "limit": {"min": 3, "max": 15}},
        {"field": "[bold]", "code": "unknown_field", "message": "no such field", "accepted_by": ["apimart"]},
    ],
    "request_id": "r",
}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "_QUICK_S", 0.01)


def test_submitting(gateway: FakeGateway, klingway: Callable[..., Result]) -> None:
    """The options' request is sent with the key and an idempotency key; the answer says how to go on."""
    gateway.says("POST /v1/videos", Answer(202, gateway.job("running")))
    result = klingway("submit", "a fox", "--duration-s", "5", "--no-sound", "--reference", "order-1")
    assert result.exit_code == 0, result.output
    assert "job_01J" in result.stdout
    assert "a [bold] fox" in result.stdout
    assert "klingway get job_01J" in result.stderr
    call = gateway.seen[0]
    assert call["body"] == {"prompt": "a fox", "duration_s": 5, "sound": False, "reference": "order-1"}
    assert call["headers"]["authorization"] == "Bearer kwk_test_secret"
    assert call["headers"]["idempotency-key"]


def test_tries_again_with_the_same_key(gateway: FakeGateway, klingway: Callable[..., Result]) -> None:
    """A lost answer and a 503 are tried again, each time under the one key made for the command."""
    gateway.says(
        "POST /v1/videos",
        Answer(hang_up=True),
        Answer(503, {"message": "Service Unavailable"}, {"Retry-After": "0"}),
        Answer(202, gateway.job("running")),
    )
    result = klingway("submit", "a fox", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["id"] == "job_01J"
    assert len(gateway.seen) == 3
    assert len({call["headers"]["idempotency-key"] for call in gateway.seen}) == 1


def test_each_command_has_a_key_of_its_own(gateway: FakeGateway, klingway: Callable[..., Result]) -> None:
    """The same request submitted twice by hand is two jobs; the caller's own key wins."""
    gateway.says("POST /v1/videos", Answer(202, gateway.job("running")))
    for arguments in ((), (), ("--idempotency-key", "mine")):
        assert klingway("submit", "a fox", *arguments).exit_code == 0
    keys = [call["headers"]["idempotency-key"] for call in gateway.seen]
    assert len(set(keys)) == 3
    assert keys[2] == "mine"


def test_gives_up(gateway: FakeGateway, klingway: Callable[..., Result]) -> None:
    """A gateway that stays unavailable is asked four times, and its own words are shown."""
    gateway.says("POST /v1/videos", Answer(503, {"message": "Service Unavailable"}, {"Retry-After": "0"}))
    result = klingway("submit", "a fox")
    assert result.exit_code == 1
    assert "Service Unavailable (503)" in result.stderr
    assert len(gateway.seen) == 4


def test_a_refusal(gateway: FakeGateway, klingway: Callable[..., Result]) -> None:
    """Every field is named with its message and limit on standard error; it is sent once."""
    gateway.says("POST /v1/videos", Answer(422, PROBLEM))
    result = klingway("submit", "a fox")
    assert result.exit_code == 1
    assert result.stdout == ""
    for text in ("Invalid request (422)", "duration_s is 60.", "3 to 15", "[bold]", "no such field", "apimart"):
        assert text in result.stderr
    assert len(gateway.seen) == 1


def test_a_refusal_as_json(gateway: FakeGateway, klingway: Callable[..., Result]) -> None:
    """The problem document is printed as it came."""
    gateway.says("POST /v1/videos", Answer(422, PROBLEM))
    result = klingway("submit", "a fox", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == PROBLEM


def test_waiting(gateway: FakeGateway, klingway: Callable[..., Result]) -> None:
    """The job is followed to its end; each change is a line where no terminal is."""
    gateway.says("POST /v1/videos", Answer(202, gateway.job("running")))
    gateway.says(
        "GET /v1/jobs/job_01J",
        Answer(200, gateway.job("running")),
        Answer(hang_up=True),
        Answer(200, gateway.job("storing")),
        Answer(200, gateway.job("succeeded")),
    )
    result = klingway("submit", "a fox", "--wait")
    assert result.exit_code == 0, result.output
    assert [line.split()[3] for line in result.stderr.splitlines()] == ["running,", "storing,", "succeeded,"]
    assert "learnt by callback" in result.stdout


def test_waiting_for_a_failure(gateway: FakeGateway, klingway: Callable[..., Result]) -> None:
    """A failed job is shown with its reason, and the exit code says so."""
    error = {"code": "moderation_refused", "message": "risk", "retryable": False, "provider_code": "1301"}
    gateway.says("POST /v1/videos", Answer(202, gateway.job("failed", error=error)))
    result = klingway("submit", "a fox", "--wait")
    assert result.exit_code == 1
    assert "moderation_refused (1301 at the provider): risk" in result.stdout


def test_waiting_too_long(gateway: FakeGateway, klingway: Callable[..., Result]) -> None:
    """When the time is over the job's id is said: it goes on by itself."""
    gateway.says("POST /v1/videos", Answer(202, gateway.job("running")))
    gateway.says("GET /v1/jobs/job_01J", Answer(200, gateway.job("running")))
    result = klingway("submit", "a fox", "--wait", "--timeout-s", "1")
    assert result.exit_code == 1
    assert "klingway get job_01J" in result.stderr


def test_downloading(gateway: FakeGateway, klingway: Callable[..., Result], tmp_path: Path) -> None:
    """With a folder the job is followed and its files are put there, in a folder of the job's own."""
    gateway.says("POST /v1/videos", Answer(202, gateway.job()))
    gateway.says("GET /v1/jobs/job_01J/content", Answer(200, VIDEO))
    result = klingway("submit", "a fox", "--download", str(tmp_path / "new"))
    assert result.exit_code == 0, result.output
    assert (tmp_path / "new" / gateway.job()["id"] / "video.mp4").read_bytes() == VIDEO


def test_from_standard_input(gateway: FakeGateway, klingway: Callable[..., Result]) -> None:
    """`--file -` reads the request; options lie over it."""
    gateway.says("POST /v1/videos", Answer(202, gateway.job("running")))
    result = klingway("submit", "--file", "-", "--mode", "pro", input='{"prompt": "a fox", "mode": "std"}')
    assert result.exit_code == 0, result.output
    assert gateway.seen[0]["body"] == {"prompt": "a fox", "mode": "pro"}


def test_nothing_to_submit(klingway: Callable[..., Result]) -> None:
    """It is a mistake of use: exit code 2."""
    result = klingway("submit")
    assert result.exit_code == 2
    assert "PROMPT" in result.stderr


def test_a_body_too_large(gateway: FakeGateway, klingway: Callable[..., Result]) -> None:
    """API Gateway's own words are followed by what to do."""
    gateway.says("POST /v1/videos", Answer(413, {"message": "Request Entity Too Large"}))
    result = klingway("submit", "a fox")
    assert result.exit_code == 1
    assert "https:// addresses" in " ".join(result.stderr.split())


def test_another_server(gateway: FakeGateway, klingway: Callable[..., Result]) -> None:
    """A page instead of JSON is no gateway's answer."""
    gateway.says("POST /v1/videos", Answer(200, b"<html>"))
    result = klingway("submit", "a fox")
    assert result.exit_code == 1
    assert "Not a gateway" in result.stderr
