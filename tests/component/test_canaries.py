"""What must never stand in a log, looked for in all that each function writes, with every sample event, at level DEBUG."""

from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from klingway import observability
from klingway.domain.keys import Keyring

from tests.component.test_events import EVENTS
from tests.component.world import FUNCTIONS, KEY, MASTER, World, functions_handler

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

PROVIDERS_KEY = "canary-of-a-providers-key"
KEYS_OF_PROMPTS = {"prompt", "negative_prompt", "description"}


def texts_in(said: Any) -> Iterator[str]:
    """What a caller wrote, wherever it stands in an event: in bodies within bodies too."""
    if isinstance(said, str) and said.startswith(("{", "[")):
        try:
            said = json.loads(said)
        except ValueError:
            return
    if isinstance(said, list):
        for each in said:
            yield from texts_in(each)
    elif isinstance(said, dict):
        for name, value in said.items():
            if name in KEYS_OF_PROMPTS and isinstance(value, str) and len(value) > 3:
                yield value
            else:
                yield from texts_in(value)


def secrets_in(event: Mapping[str, Any]) -> Iterator[str]:
    """The tokens of callbacks' addresses, signatures of links, and what stands in the `Authorization` header."""
    yield from event.get("headers", {}).get("authorization", "").split()[1:]
    yield from re.findall(r"sig=([\w-]{16,})", event.get("rawQueryString", ""))
    yield from re.findall(r"/callbacks/[^/]+/([\w-]{16,})", event.get("rawPath", ""))


def canaries(paths: list[Path]) -> set[str]:
    ring = Keyring([MASTER])
    found = {MASTER, PROVIDERS_KEY, ring.api_key(KEY), ring.access_pair(KEY)[1]}
    for path in paths:
        event = json.loads(path.read_text(encoding="utf-8"))
        found |= {*texts_in(event), *secrets_in(event)}
    return found | {"a fox", "A fox in the snow"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_secret_and_no_prompt_is_logged(
    name: str,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Neither the master secret, a provider's key, callers' keys and tokens, nor what anybody wrote; but something is."""
    secret = world.deployment.outputs["KlingaiSecretArn"]
    boto3.client("secretsmanager").put_secret_value(
        SecretId=secret, SecretString=json.dumps({"api_key": PROVIDERS_KEY})
    )
    observability.logger.cache_clear()
    handle = functions_handler(name, world, monkeypatch)
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    monkeypatch.setenv("AWS_LAMBDA_LOG_LEVEL", "DEBUG")
    paths = [path for path in EVENTS if path.parent.name == name]
    with caplog.at_level(logging.DEBUG, logger="klingway"):
        observability.logger().debug("a line")
        for path in paths:
            handle(json.loads(path.read_text(encoding="utf-8")))

    captured = capsys.readouterr()
    written = captured.out + captured.err + caplog.text + "".join(str(record.__dict__) for record in caplog.records)
    assert "a line" in written
    leaked = {canary for canary in canaries(paths) if canary in written}
    assert leaked == set()
