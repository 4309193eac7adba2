"""What must never stand in a log, looked for in all that each function writes, with every sample event, at level DEBUG."""

from __future__ import annotations

import json
import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from klingway import observability
from klingway.domain.ids import Tenant
from klingway.domain.keys import Keyring
from klingway.use_cases.ports import JobFilter

from tests.component.test_events import EVENTS
from tests.component.world import FUNCTIONS, KEY, LOGICAL_IDS, MASTER, World, functions_handler

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

PROVIDERS_KEY = "canary-of-a-providers-key"
KEYS_OF_PROMPTS = {"prompt", "negative_prompt", "description"}
TENANTS = ("sample", "default")


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


def secrets(paths: Iterable[Path]) -> set[str]:
    ring = Keyring([MASTER])
    kept = {MASTER, PROVIDERS_KEY, ring.api_key(KEY), ring.access_pair(KEY)[1]}
    return kept.union(*(secrets_in(json.loads(path.read_text(encoding="utf-8"))) for path in paths))


def texts(paths: Iterable[Path]) -> set[str]:
    kept = {"a fox", "A fox in the snow"}
    return kept.union(*(texts_in(json.loads(path.read_text(encoding="utf-8"))) for path in paths))


def samples(name: str) -> list[Path]:
    return [path for path in EVENTS if path.parent.name == name]


@dataclass(frozen=True)
class Diary:
    """Has functions handle all their sample events, and keeps what they write meanwhile."""

    world: World
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]
    caplog: pytest.LogCaptureFixture

    def keep(self, name: str) -> tuple[list[logging.LogRecord], str]:
        """Return a function's records, and whatever else it wrote."""
        secret = self.world.deployment.outputs["KlingaiSecretArn"]
        boto3.client("secretsmanager").put_secret_value(
            SecretId=secret, SecretString=json.dumps({"api_key": PROVIDERS_KEY})
        )
        observability.logger.cache_clear()
        handle = functions_handler(name, self.world, self.monkeypatch)
        self.monkeypatch.setenv("LOG_LEVEL", "DEBUG")
        self.monkeypatch.setenv("AWS_LAMBDA_LOG_LEVEL", "DEBUG")
        # Of the root, as Lambda does it: libraries are then heard as well.
        with self.caplog.at_level(logging.DEBUG):
            observability.logger().debug("a line")
            for path in samples(name):
                handle(json.loads(path.read_text(encoding="utf-8")))
        captured = self.capsys.readouterr()
        return self.caplog.records, captured.out + captured.err

    def job_ids(self) -> set[str]:
        """Return the jobs that there are."""
        pages = (self.world.jobs.page(Tenant(name), JobFilter(), limit=100, after=None) for name in TENANTS)
        return {stored.job.id for page in pages for stored in page.jobs}


@pytest.fixture
def diary(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> Diary:
    return Diary(world, monkeypatch, capsys, caplog)


def everything(records: Iterable[logging.LogRecord], printed: str) -> str:
    return printed + "".join(f"{record.getMessage()} {record.__dict__}" for record in records)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_secret_and_no_prompt_is_logged(name: str, diary: Diary) -> None:
    """Neither the master secret, a provider's key, callers' keys and tokens, nor what anybody wrote; but something is."""
    written = everything(*diary.keep(name))

    assert "a line" in written
    canaries = secrets(samples(name)) | texts(samples(name))
    assert set() == {canary for canary in canaries if canary in written}


@pytest.mark.parametrize("name", ["api", "intake"])
def test_prompts_are_logged_once_where_that_is_switched_on(name: str, diary: Diary) -> None:
    """One line at INFO for each job that is accepted, with its prompts; no other line has any, and no line a secret."""
    diary.world.deployment.functions[LOGICAL_IDS[name]].env["LOG_PROMPTS"] = "true"
    before = diary.job_ids()

    records, printed = diary.keep(name)

    lines = [record for record in records if record.getMessage() == "prompts"]
    assert sorted(diary.job_ids() - before) == sorted(record.__dict__["job_id"] for record in lines)
    assert {logging.INFO} == {record.levelno for record in lines}
    logged = {text for record in lines for text in record.__dict__["prompts"].values()}
    assert logged
    assert logged <= texts(samples(name))
    rest = everything([record for record in records if record not in lines], printed)
    assert set() == {canary for canary in texts(samples(name)) if canary in rest}
    assert set() == {canary for canary in secrets(samples(name)) if canary in everything(records, printed)}
