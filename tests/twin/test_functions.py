import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local.cloud.lambdas import PayloadTooLargeError
from tests.twin.conftest import Twin

Wait = Callable[..., Any]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_environment(twin: Twin) -> None:
    """A handler sees Lambda's variables, its own, the endpoint and fake credentials, its folder and its layers."""
    seen = twin.invoke("ApiFunction", {"do": "env"}).json()
    env = seen["env"]
    assert env["AWS_LAMBDA_FUNCTION_NAME"] == "probe-ApiFunction"
    assert env["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
    assert env["AWS_REGION"] == env["AWS_DEFAULT_REGION"] == "eu-central-1"
    assert env["AWS_ENDPOINT_URL"] == twin.aws_endpoint
    assert env["AWS_ACCOUNT_ID_ENDPOINT_MODE"] == "disabled"
    assert env["AWS_ACCESS_KEY_ID"] == "local"
    assert env["PUBLIC_URL"] == twin.url
    assert env["LAMBDA_TASK_ROOT"].endswith("functions/probe")
    assert seen["lib"] == "core layer"
    assert not [path for path in seen["path"] if path.endswith("tests")]
    assert 2000 < seen["left_ms"] <= 3000
    assert seen["arn"] == twin.functions["ApiFunction"].arn


def test_processes_are_reused_and_capped(twin: Twin) -> None:
    """Calls one after the other share a process; many at once get four, and the rest wait."""
    pids = {twin.invoke("ApiFunction", {"do": "pid"}).json()["pid"] for _ in range(3)}
    assert len(pids) == 1
    threads = [
        threading.Thread(target=twin.invoke, args=("ApiFunction", {"do": "sleep", "seconds": 0.1})) for _ in range(10)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 1 < len(twin.pool("ApiFunction").pids()) <= 4


def test_errors(twin: Twin, wait: Wait) -> None:
    """A raising handler is reported as Lambda does, and its process lives on."""
    result = twin.invoke("ApiFunction", {"do": "raise"})
    assert result.error == "Unhandled"
    assert result.json()["errorType"] == "ValueError"
    assert result.json()["errorMessage"] == "no good"
    line = ("ApiFunction", "[ERROR] ValueError: no good")
    assert wait(lambda: line in [(source, text[:27]) for source, text in list(twin.lines)])


def test_timeout_kills(twin: Twin) -> None:
    """An invocation ends at its function's time-out, and its process with it."""
    begun = time.monotonic()
    result = twin.invoke("QuickFunction", {"do": "sleep", "seconds": 60})
    assert 0.9 < time.monotonic() - begun < 2.5
    assert result.error == "Unhandled"
    assert result.json()["errorType"] == "Sandbox.Timedout"
    assert "Task timed out after 1.00 seconds" in result.json()["errorMessage"]
    assert twin.pool("QuickFunction").pids() == []


def test_crash_and_init_error(twin: Twin) -> None:
    """A process that leaves, and a module that cannot be imported, are told apart as Lambda does."""
    crashed = twin.invoke("ApiFunction", {"do": "crash"})
    assert crashed.json()["errorType"] == "Runtime.ExitError"
    assert "status 3" in crashed.json()["errorMessage"]
    broken = twin.invoke("BrokenFunction", {})
    assert broken.error == "Unhandled"
    assert broken.json()["errorType"] == "Runtime.ImportModuleError"
    assert twin.invoke("ApiFunction", {"do": "pid"}).error is None


def test_kill_in_the_middle(twin: Twin, wait: Wait) -> None:
    """`kill` ends what a function is doing now; the next call gets a new process."""
    results: list[Any] = []
    thread = threading.Thread(
        target=lambda: results.append(twin.invoke("OtherFunction", {"do": "sleep", "seconds": 8}))
    )
    thread.start()
    wait(lambda: twin.pool("OtherFunction").active and twin.pool("OtherFunction").pids())
    time.sleep(0.3)
    assert twin.kill("OtherFunction") == 1
    thread.join(2)
    assert results[0].json()["errorType"] == "Runtime.ExitError"
    assert twin.invoke("OtherFunction", {"do": "pid"}).error is None


def test_payload_limits(twin: Twin) -> None:
    """Events and answers over 6 MB fail."""
    with pytest.raises(PayloadTooLargeError):
        twin.invoke("ApiFunction", {"x": "y" * 6_300_000})
    result = twin.invoke("ApiFunction", {"do": "big", "size": 6_300_000})
    assert result.json()["errorType"] == "Function.ResponseSizeTooLarge"
    assert twin.invoke("ApiFunction", {"do": "big", "size": 6_000_000}).error is None


def test_invoke_api(twin: Twin) -> None:
    """The Invoke API runs the same processes: answer, error header, log tail, and an asynchronous start."""
    client, name = twin.client("lambda"), twin.physical_id("ApiFunction")
    answer = client.invoke(FunctionName=name, Payload=b'{"do": "raise"}', LogType="Tail")
    assert answer["FunctionError"] == "Unhandled"
    assert b"no good" in answer["Payload"].read()
    assert client.invoke(FunctionName=name, Payload=b'{"do": "pid"}', InvocationType="Event")["StatusCode"] == 202
    assert twin.settle()


def test_failed_asynchronous_invocation(twin: Twin, wait: Wait) -> None:
    """An asynchronous event that fails is tried again as often as the template says, and then given up and said."""
    twin.client("lambda").invoke(
        FunctionName=twin.physical_id("AsyncFunction"), Payload=b'{"tag": "async-1"}', InvocationType="Event"
    )
    wait(lambda: ("AsyncFunction", "failed 2 times; its event is given up") in list(twin.lines))
    assert len(twin.details("Failing", "async-1")) == 2


def test_children_do_not_outlive_a_killed_parent(wait: Wait) -> None:
    """When the twin's process is killed outright, its handler processes are gone at once, even in mid-handler."""
    script = f"""
        import sys, threading, time
        from pathlib import Path
        from local.cloud import LocalCloud
        cloud = LocalCloud(Path({str(Path(__file__).parent / "stack" / "template.yaml")!r}), stack_name="orphan")
        cloud.start()
        threading.Thread(target=cloud.invoke, args=("TickFunction", {{}}), daemon=True).start()
        threading.Thread(
            target=cloud.invoke, args=("OtherFunction", {{"do": "sleep", "seconds": 60}}), daemon=True
        ).start()
        while not cloud.pool("OtherFunction").pids() or not cloud.pool("TickFunction").pids():
            time.sleep(0.02)
        time.sleep(0.5)
        print(*cloud.pool("OtherFunction").pids(), *cloud.pool("TickFunction").pids(), flush=True)
        time.sleep(60)
    """
    parent = subprocess.Popen(  # noqa: S603 - our own interpreter and script
        [sys.executable, "-c", textwrap.dedent(script)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    try:
        assert parent.stdout
        pids = [int(word) for word in parent.stdout.readline().split()]
        assert len(pids) == 2
        assert all(map(alive, pids))
    finally:
        parent.kill()
        parent.wait()
        if parent.stdout:
            parent.stdout.close()
    wait(lambda: not any(map(alive, pids)), 2)
