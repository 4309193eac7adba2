from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import httpx
import pytest
from click.testing import CliRunner
from PIL import Image

from local.cli.main import main
from tests.e2e.caller import seconds_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.caller import Caller


def test_submit_follow_download(caller: Caller) -> None:
    """With HTTP alone: 202 with the job, then its end, then a file that is as said and plays as long as asked."""
    answer = caller.post({"prompt": "a fox", "duration_s": 5, "reference": "order-1", "metadata": {"a": [1]}})
    assert answer.status_code == 202
    said = answer.json()
    assert answer.headers["location"] == f"/v1/jobs/{said['id']}"
    assert said["state"] == "running"
    job = caller.succeeded_once(said["id"])
    assert (job["reference"], job["metadata"]) == ("order-1", {"a": [1]})
    video = job["result"]["files"][0]
    content = caller.http.get(f"/v1/jobs/{job['id']}/content", follow_redirects=True)
    assert len(content.content) == video["size_bytes"]
    assert hashlib.sha256(content.content).hexdigest() == video["sha256"]
    assert content.headers["content-type"] == "video/mp4"
    assert seconds_of(content.content) == pytest.approx(5, abs=0.1)
    assert video["duration_s"] == pytest.approx(seconds_of(content.content), abs=0.01)


def test_links_need_no_key(caller: Caller) -> None:
    """A link of an answer opens without a key; changed in any part it does not."""
    job = caller.succeeded_once(caller.submit("a link"))
    url = job["result"]["files"][0]["url"]
    assert httpx.request("GET", url, follow_redirects=True).status_code == 200
    for forged in (
        url.replace("video.mp4", "job.json"),
        url[:-1] + ("A" if url[-1] != "A" else "B"),
        url.split("?")[0],
    ):
        assert httpx.request("GET", forged).status_code == 401


def test_the_list(caller: Caller) -> None:
    """Jobs are found by their reference, newest first, page by page."""
    ids = [caller.submit("a fox", reference="listed") for _ in range(3)]
    first = caller.http.get("/v1/jobs", params={"reference": "listed", "limit": 2}).json()
    rest = caller.http.get("/v1/jobs", params={"reference": "listed", "cursor": first["next_cursor"]}).json()
    assert [job["id"] for job in first["jobs"] + rest["jobs"]] == ids[::-1]
    assert rest["next_cursor"] is None
    for job_id in ids:
        caller.over(job_id)


def test_the_command_line(caller: Caller, tmp_path: Path) -> None:
    """Local pictures as first and last frame: submitted, followed and downloaded by one command, then shown and listed."""
    for name, colour in (("a", "red"), ("b", "blue")):
        Image.new("RGB", (640, 360), colour).save(tmp_path / f"{name}.png")
    twin = caller.twin
    runner = CliRunner(env={"KLINGWAY_URL": twin.cloud.url, "KLINGWAY_API_KEY": twin.key.api_key})
    frames = ["--first-frame", str(tmp_path / "a.png"), "--last-frame", str(tmp_path / "b.png")]
    asked = [
        "submit",
        "red to blue",
        "--duration-s",
        "4",
        "--provider",
        "klingai",
        *frames,
        "--download",
        str(tmp_path / "out"),
        "--json",
    ]
    result = runner.invoke(main, asked)
    assert result.exit_code == 0, result.output
    job = json.loads(result.stdout)
    assert seconds_of((tmp_path / "out" / job["id"] / "video.mp4").read_bytes()) == pytest.approx(4, abs=0.1)
    sent = caller.tasks(job["id"])[0]["body"]["image_list"]
    assert [image["type"] for image in sent] == ["first_frame", "end_frame"]
    assert json.loads(runner.invoke(main, ["get", job["id"], "--json"]).stdout)["state"] == "succeeded"
    assert job["id"] in runner.invoke(main, ["list"]).stdout
    refused = runner.invoke(main, ["submit", "x", "--duration-s", "60", "--aspect-ratio", "4:3"])
    assert refused.exit_code == 1
    assert "duration_s" in refused.stderr
    assert "aspect_ratio" in refused.stderr


def test_failures_are_told(caller: Caller) -> None:
    """A job that the provider fails ends failed, with the reason, one event, and no files."""
    job = caller.over(caller.submit("[sim:moderation] no"))
    assert job["state"] == "failed"
    assert job["error"]["retryable"] is False
    assert job["result"] is None
    assert caller.http.get(f"/v1/jobs/{job['id']}/content").status_code == 409
    caller.twin.cloud.settle()
    assert caller.events(job["id"]) == ["Job Failed"]
