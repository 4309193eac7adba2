from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from click.testing import CliRunner

from local.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from click.testing import Result

    from local.twin import Twin

KEY = "simulated-klingai-api-key"  # what the simulator takes

OTHERS = dict.fromkeys(("apimart", "ezmodel", "unifically"), "kept")
"""What has a credential already, and is given none."""


@pytest.fixture
def init(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Result]]:
    """Runs `klingway init` as somebody with AWS credentials; afterwards the credential is the good one again."""
    for name, value in {
        "AWS_ENDPOINT_URL": twin.cloud.aws_endpoint,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
    }.items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str, **more: Any) -> Result:
        return CliRunner().invoke(main, ["init", "--region", twin.cloud.region, *arguments], **more)

    yield run
    twin.set_credential("klingai", {"api_key": KEY})


def stored(twin: Twin) -> dict[str, str]:
    arn = twin.cloud.outputs["KlingaiSecretArn"]
    said: dict[str, str] = json.loads(
        twin.cloud.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"]
    )
    return said


def test_the_whole(twin: Twin, init: Callable[..., Result], tmp_path: Path) -> None:
    """The secret is stored, a key made that works, and a smoke job run; the secret is never printed."""
    (tmp_path / "key").write_text(f"{KEY}\n")
    result = init("--klingai-api-key-file", str(tmp_path / "key"), "--tenant", "first", "--yes", "--json")
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    assert said["providers"] == {"klingai": "stored", **OTHERS}
    assert said["smoke"]["state"] == "succeeded"
    assert stored(twin) == {"api_key": KEY}
    assert KEY not in result.output
    address, headers = f"{said['url']}/v1/jobs", {"Authorization": f"Bearer {said['api_key']}"}
    jobs = httpx.request("GET", address, headers=headers).json()["jobs"]
    assert [job["id"] for job in jobs] == [said["smoke"]["id"]]


def test_readable(init: Callable[..., Result]) -> None:
    """Without `--json` the key stands on standard output, ready to be pasted; a stored credential stays."""
    result = init("--no-smoke")
    assert result.exit_code == 0, result.output
    assert "export KLINGWAY_API_KEY=kwk_" in result.stdout
    assert "credential kept" in result.stderr


def test_a_pair_from_the_environment(twin: Twin, init: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    """An access/secret pair replaces the API key."""
    monkeypatch.setenv("KLINGAI_ACCESS_KEY", "ak")
    monkeypatch.setenv("KLINGAI_SECRET_KEY", "sk-very-secret")
    result = init("--no-smoke", "--json")
    assert result.exit_code == 0, result.output
    assert stored(twin) == {"access_key": "ak", "secret_key": "sk-very-secret"}
    assert "sk-very-secret" not in result.output


def test_from_standard_input(twin: Twin, init: Callable[..., Result]) -> None:
    """`-` reads the key from a pipe."""
    assert init("--no-smoke", "--klingai-api-key-file", "-", input="piped\n").exit_code == 0
    assert stored(twin) == {"api_key": "piped"}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"KLINGAI_ACCESS_KEY": "a"}, "needs its secret key"),
        ({"KLINGAI_SECRET_KEY": "a"}, "needs its access key"),
        ({"KLINGAI_API_KEY": "k", "KLINGAI_ACCESS_KEY": "a", "KLINGAI_SECRET_KEY": "b"}, "either an API key or"),
    ],
)
def test_credentials_that_do_not_fit(
    init: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, given: dict[str, str], says: str
) -> None:
    """Half a pair, or both kinds, are refused before anything is written."""
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    result = init("--no-smoke")
    assert result.exit_code == 2
    assert says in result.stderr


def test_without_a_credential(twin: Twin, init: Callable[..., Result]) -> None:
    """The key is made all the same, and what is missing is said with the way to give it."""
    twin.set_credential("klingai", {})
    result = init("--yes", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["providers"] == {"klingai": "missing", **OTHERS}
    assert "KLINGAI_API_KEY" in result.stderr


def test_it_costs_and_nobody_is_asked(init: Callable[..., Result]) -> None:
    """Where nobody can be asked, no smoke job is run, and its price is named."""
    result = init()
    assert result.exit_code == 0, result.output
    assert "0.25 USD" in result.stderr
    assert "--yes" in result.stderr


def test_a_stack_that_is_not_there(init: Callable[..., Result]) -> None:
    """The name and the region are said, and what to look at; no traceback."""
    result = init("--stack-name", "nowhere")
    assert result.exit_code == 1
    assert "'nowhere'" in result.stderr
    assert "--stack-name" in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize("tenant", ["Acme", "acme_video", "-acme", "a" * 41, ""])
def test_a_name_that_is_no_tenants(twin: Twin, init: Callable[..., Result], tenant: str) -> None:
    """It is refused, saying what would do, before anything is stored."""
    (before, result) = (stored(twin), init("--no-smoke", "--tenant", tenant, env={"KLINGAI_API_KEY": "another"}))
    assert 2 == result.exit_code
    assert "lower-case letters" in result.stderr
    assert before == stored(twin)
