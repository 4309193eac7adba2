from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import httpx
import pytest

from local.simulators.klingai import KlingaiSimulator
from tests.e2e.caller import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

PROC = Path("/proc")
FIELDS = {
    "ready", "url", "api_key", "access_key", "secret_key", "aws_endpoint", "region", "bucket", "table", "event_bus",
    "upstreams",
}  # fmt: skip


def offspring(of: int) -> set[int]:
    """Returns the process ids of all that a process started, and they."""
    parents: dict[int, int] = {}
    for folder in PROC.glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except OSError:  # it ended meanwhile
            continue
    found = {of}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {of}


@contextmanager
def serving(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """Runs `klingway serve`, and gives its process and the line that it says when it is up."""
    command = [sys.executable, "-m", "local.cli", "serve", "--port", "0", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            assert process.stdout
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


def submit(ready: dict[str, Any]) -> dict[str, Any]:
    answer = httpx.request(
        "POST",
        f"{ready['url']}/v1/videos",
        json={"prompt": "a fox", "duration_s": 3, "provider": "klingai"},
        headers={"Authorization": f"Bearer {ready['api_key']}"},
        timeout=30,
        trust_env=False,
    )
    assert answer.status_code == 202, answer.text
    said: dict[str, Any] = answer.json()
    return said


def read(ready: dict[str, Any], job_id: str) -> dict[str, Any]:
    address, headers = f"{ready['url']}/v1/jobs/{job_id}", {"Authorization": f"Bearer {ready['api_key']}"}
    said: dict[str, Any] = httpx.request("GET", address, headers=headers, timeout=30, trust_env=False).json()
    return said


@pytest.mark.skipif(not PROC.exists(), reason="looks for processes in /proc")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_ready_and_stopped(number: signal.Signals) -> None:
    """One line says all; any AWS client sees the same bucket; a signal ends everything within 5 s, the functions too."""
    with serving("--simulated-seconds", "0.5") as (process, ready):
        assert set(ready) == FIELDS
        assert ready["ready"] is True
        assert set(ready["upstreams"]) == {"klingai", "apimart", "ezmodel", "unifically"}
        s3 = boto3.client(
            "s3",
            endpoint_url=ready["aws_endpoint"],
            region_name=ready["region"],
            aws_access_key_id="any",
            aws_secret_access_key="any",
        )
        job_id = submit(ready)["id"]
        wait_until(lambda: bool(read(ready, job_id)["state"] == "succeeded"), 20, "the job's end")
        keys = [item["Key"] for item in s3.list_objects_v2(Bucket=ready["bucket"], Prefix="results/")["Contents"]]
        assert len([key for key in keys if job_id in key]) == 2
        s3.close()
        children = offspring(process.pid)
        assert len(children) >= 3  # api, worker and publisher at least
        began = time.monotonic()
        process.send_signal(number)
        rest, said = process.communicate(timeout=10)
        assert time.monotonic() - began < 5
        assert process.returncode == 0, said
        assert rest == ""  # one line on standard output, no more
        assert "Traceback" not in said
        wait_until(lambda: not any((PROC / str(child)).exists() for child in children), 2, "the functions' end")


@pytest.mark.skipif(not PROC.exists(), reason="looks for processes in /proc")
def test_stopped_while_starting() -> None:
    """A signal in the middle of the start ends it as well, and nothing is left."""
    command = [sys.executable, "-m", "local.cli", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603
        time.sleep(1.2)
        process.terminate()
        out, said = process.communicate(timeout=10)
        assert process.returncode in {0, -signal.SIGTERM}, said
        assert "Traceback" not in said
        assert out == ""


@pytest.mark.skipif(not PROC.exists(), reason="looks for processes in /proc")
def test_killed_outright() -> None:
    """Even a process that cannot clean up leaves no function behind."""
    with serving() as (process, ready):
        submit(ready)
        children = offspring(process.pid)
        assert children
        process.kill()
        process.communicate(timeout=10)
        wait_until(lambda: not any((PROC / str(child)).exists() for child in children), 5, "the functions' end")


def test_an_upstream_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """It gets the submissions instead of the simulator, with a callback address that leads back, and its media is fetched.

    What the shell says of other places, a proxy or a profile that does not exist, makes no difference.
    """
    for name, value in {"AWS_PROFILE": "nowhere", "HTTP_PROXY": "http://127.0.0.1:1", "AWS_REGION": "x"}.items():
        monkeypatch.setenv(name, value)
    keys = ["simulated-klingai-api-key"]
    with (
        KlingaiSimulator(api_keys=keys, access_keys={}, generation_s=0.5) as own,
        serving("--upstream", f"klingai={own.url}", "--simulated-seconds", "0.5") as (process, ready),
    ):
        assert ready["upstreams"]["klingai"] == own.url
        job_id = submit(ready)["id"]
        wait_until(lambda: bool(read(ready, job_id)["state"] == "succeeded"), 20, "the job's end")
        assert read(ready, job_id)["learnt_by"] == "callback"
        (task,) = own.tasks()
        assert task["body"]["callback_url"].startswith(f"{ready['url']}/callbacks/")
        process.terminate()
        process.communicate(timeout=10)
