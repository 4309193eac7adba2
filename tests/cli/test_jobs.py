from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from tests.cli.fake_gateway import VIDEO, Answer, FakeGateway

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result


def test_get(gateway: FakeGateway, klingway: Callable[..., Result]) -> None:
    """A job's state, files and addresses are shown, whatever its prompt looks like."""
    gateway.says("GET /v1/jobs/job_01J", Answer(200, gateway.job()))
    result = klingway("get", "job_01J")
    assert result.exit_code == 0, result.output
    for text in (
        "succeeded",
        "klingai: named by the caller",
        "1: klingai 7",
        "a [bold] fox",
        "5.04 s",
        "480 x 270",
        "s3://bucket/results/video.mp4",
        gateway.url,
    ):
        assert text in result.stdout


def test_get_as_json(gateway: FakeGateway, klingway: Callable[..., Result]) -> None:
    """The job is printed as the API says it, and nothing else."""
    gateway.says("GET /v1/jobs/job_01J", Answer(200, gateway.job()))
    result = klingway("get", "job_01J", "--json")
    assert json.loads(result.stdout) == gateway.job()
    assert result.stderr == ""


def test_get_what_is_not_there(klingway: Callable[..., Result]) -> None:
    """The refusal is shown; an odd id cannot reach another path."""
    result = klingway("get", "../../health")
    assert result.exit_code == 1
    assert "Not found (404)" in result.stderr


def test_nothing_answers(klingway: Callable[..., Result]) -> None:
    """The address is named and what to do; with JSON in the form of a problem answer."""
    result = klingway("get", "job_01J", "--url", "http://127.0.0.1:1")
    assert result.exit_code == 1
    assert "http://127.0.0.1:1" in result.stderr
    assert "klingway serve" in " ".join(result.stderr.split())
    result = klingway("get", "job_01J", "--url", "http://127.0.0.1:1", "--json")
    assert json.loads(result.stdout)["title"] == "Cannot connect"


def test_list(gateway: FakeGateway, klingway: Callable[..., Result]) -> None:
    """Filters are passed on; a cursor for more is offered on standard error."""
    gateway.says("GET /v1/jobs", Answer(200, {"jobs": [gateway.job()], "next_cursor": "c1"}))
    result = klingway("list", "--state", "succeeded", "--reference", "r")
    assert result.exit_code == 0, result.output
    assert "job_01J" in result.stdout
    assert "--cursor c1" in result.stderr
    assert gateway.seen[0]["query"] == {"state": "succeeded", "reference": "r"}


def test_list_all(gateway: FakeGateway, klingway: Callable[..., Result]) -> None:
    """All pages are fetched, each with the cursor of the one before."""
    pages = [{"jobs": [gateway.job(id=f"job_{n}")], "next_cursor": f"c{n}" if n < 2 else None} for n in range(3)]
    gateway.says("GET /v1/jobs", *(Answer(200, page) for page in pages))
    result = klingway("list", "--all", "--json")
    said = json.loads(result.stdout)
    assert [job["id"] for job in said["jobs"]] == ["job_0", "job_1", "job_2"]
    assert said["next_cursor"] is None
    assert [call["query"].get("cursor") for call in gateway.seen] == [None, "c0", "c1"]


def test_list_more_than_a_page(gateway: FakeGateway, klingway: Callable[..., Result]) -> None:
    """A limit above the API's own is reached page by page."""
    pages = [{"jobs": [gateway.job()] * 50, "next_cursor": "c"}, {"jobs": [gateway.job()] * 10, "next_cursor": "d"}]
    gateway.says("GET /v1/jobs", *(Answer(200, page) for page in pages))
    said = json.loads(klingway("list", "--limit", "60", "--json").stdout)
    assert len(said["jobs"]) == 60
    assert [call["query"]["limit"] for call in gateway.seen] == ["50", "10"]


def test_an_empty_list(gateway: FakeGateway, klingway: Callable[..., Result]) -> None:
    """It says so, and a pipe gets nothing."""
    gateway.says("GET /v1/jobs", Answer(200, {"jobs": [], "next_cursor": None}))
    result = klingway("list")
    assert result.stdout == ""
    assert "No jobs" in result.stderr


def test_download(gateway: FakeGateway, klingway: Callable[..., Result], tmp_path: Path) -> None:
    """The file is there whole, found by way of the redirect; the key went to the gateway alone."""
    gateway.says("GET /v1/jobs/job_01J", Answer(200, gateway.job()))
    elsewhere = gateway.url.replace("127.0.0.1", "localhost")
    gateway.says("GET /v1/jobs/job_01J/content", Answer(302, b"", {"Location": f"{elsewhere}/s3/video.mp4"}))
    gateway.says("GET /s3/video.mp4", Answer(200, VIDEO))
    result = klingway("download", "job_01J", "--to", str(tmp_path))
    assert result.exit_code == 0, result.output
    assert (tmp_path / "video.mp4").read_bytes() == VIDEO
    assert result.stdout.strip() == str(tmp_path / "video.mp4")
    assert gateway.seen[1]["query"] == {"file": "video.mp4"}
    assert "authorization" not in gateway.seen[2]["headers"]


@pytest.mark.parametrize("kind", ["short", "other", "refused"])
def test_downloads_that_go_wrong(
    gateway: FakeGateway,
    klingway: Callable[..., Result],
    tmp_path: Path,
    kind: str,
) -> None:
    """Nothing is kept of a file that is short, another, or refused; one of an earlier time stays as it was."""
    bad = {
        "short": Answer(200, VIDEO, cut_at=100),
        "other": Answer(200, b"x" * len(VIDEO)),
        "refused": Answer(403, b"<Error/>"),
    }
    (tmp_path / "video.mp4").write_bytes(b"earlier")
    gateway.says("GET /v1/jobs/job_01J", Answer(200, gateway.job()))
    gateway.says("GET /v1/jobs/job_01J/content", bad[kind])
    result = klingway("download", "job_01J", "--to", str(tmp_path))
    assert result.exit_code == 1
    assert [path.name for path in tmp_path.iterdir()] == ["video.mp4"]
    assert (tmp_path / "video.mp4").read_bytes() == b"earlier"


def test_a_name_that_leads_elsewhere(gateway: FakeGateway, klingway: Callable[..., Result], tmp_path: Path) -> None:
    """A file lands in the folder, whatever name was said."""
    job = gateway.job()
    job["result"]["files"][0]["name"] = "../../evil.mp4"
    gateway.says("GET /v1/jobs/job_01J", Answer(200, job))
    gateway.says("GET /v1/jobs/job_01J/content", Answer(200, VIDEO))
    result = klingway("download", "job_01J", "--to", str(tmp_path / "a" / "b"), "--json")
    assert json.loads(result.stdout)["files"][0]["path"] == str(tmp_path / "a" / "b" / "evil.mp4")
    assert (
        hashlib.sha256((tmp_path / "a" / "b" / "evil.mp4").read_bytes()).hexdigest()
        == hashlib.sha256(VIDEO).hexdigest()
    )


def test_what_came_late_is_shown_and_downloaded(
    gateway: FakeGateway, klingway: Callable[..., Result], tmp_path: Path
) -> None:
    """Of a job that has failed: the attempt that brought it, its addresses, and the file itself."""
    (file,) = gateway.job()["result"]["files"]
    film = file | {"name": "attempt-1-video.mp4", "s3_uri": "s3://bucket/results/1/video.mp4"}
    late = {"attempt": 1, "provider": "apimart", "stored_at": "2026-11-20T13:00:00.000Z", "files": [film]}
    error = {"code": "deadline_exceeded", "message": "gave up waiting", "retryable": True}
    gateway.says("GET /v1/jobs/job_01J", Answer(body=gateway.job("failed", error=error, late_results=[late])))
    gateway.says("GET /v1/jobs/job_01J/content", Answer(body=VIDEO))

    shown = klingway("get", "job_01J").stdout
    result = klingway("download", "job_01J", "--to", str(tmp_path))

    assert "attempt 1 at apimart has brought its result at 2026-11-20T13:00:00.000Z" in shown
    assert "s3://bucket/results/1/video.mp4" in shown
    assert 0 == result.exit_code
    assert VIDEO == (tmp_path / "attempt-1-video.mp4").read_bytes()


def test_download_of_a_job_without_files(gateway: FakeGateway, klingway: Callable[..., Result]) -> None:
    """It says how the job stands."""
    gateway.says("GET /v1/jobs/job_01J", Answer(200, gateway.job("running")))
    result = klingway("download", "job_01J")
    assert result.exit_code == 1
    assert "job_01J is running" in result.stderr
