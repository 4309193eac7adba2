from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner
from klingway.providers import registry

from local.cli.main import main
from local.cli.serve import log_what_matters, read_upstream
from local.twin import SIMULATORS

if TYPE_CHECKING:
    from collections.abc import Sequence


def refused(arguments: Sequence[str]) -> str:
    result = CliRunner().invoke(main, ["serve", *arguments])
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    return result.stderr


def test_a_port_in_use() -> None:
    """It is named before anything is started, with what to do."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = refused(["--port", str(port)])
    assert f"Port {port} is in use" in said
    assert "--port 0" in said


def test_an_unknown_provider() -> None:
    """The known ones are named."""
    said = refused(["--port", "0", "--upstream", "klingon=http://127.0.0.1:9"])
    assert "klingon" in said
    assert "klingai" in said


@pytest.mark.parametrize(
    "text", ["klingai", "klingai=", "klingai=localhost:1", "klingai=http://", "=http://x", "k=http://x:y"]
)
def test_an_upstream_of_another_form(text: str) -> None:
    """The form is shown by an example."""
    assert "NAME=URL" in refused(["--upstream", text])


def test_an_upstream() -> None:
    """Its name and address; the address may have a path and equals signs."""
    assert read_upstream("klingai=http://127.0.0.1:9000/a=b") == ("klingai", "http://127.0.0.1:9000/a=b")
    with pytest.raises(click.UsageError):
        read_upstream("klingai=http://127.0.0.1:9000/?a=b")


@pytest.mark.parametrize(
    "url", ["localhost:9000", "http://", "http://x:y", "ftp://127.0.0.1", "http://x:1?a=b", "http://[::1"]
)
def test_a_webhook_origin_of_another_form(url: str) -> None:
    """The form is shown by an example, before anything is started."""
    assert "http://127.0.0.1:9000" in refused(["--port", "0", "--webhook-origin", url])


@pytest.mark.parametrize(
    ("source", "line", "shown"),
    [
        ("ApiFunction", json.dumps({"level": "INFO", "message": "callback"}), False),
        ("ApiFunction", json.dumps({"level": "WARNING", "message": "check failed"}), True),
        ("ApiFunction", "Traceback (most recent call last):", True),
        ("ApiFunction", json.dumps({"_aws": {}}), False),
        ("http", "POST /v1/videos 202", False),
        ("WorkerFunction", "", False),
    ],
)
def test_quiet_logs(source: str, line: str, *, shown: bool, capsys: pytest.CaptureFixture[str]) -> None:
    """Warnings, errors and what no record is are shown, on standard error; progress is not."""
    log_what_matters(source, line)
    said = capsys.readouterr()
    assert said.out == ""
    assert bool(said.err) is shown


def test_every_provider_has_a_simulator() -> None:
    """A provider that joins the registry needs its simulator in the twin."""
    assert set(SIMULATORS) == set(registry.names())
