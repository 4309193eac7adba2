from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING

import pytest
from klingway import settings
from klingway.settings import (
    ApiSettings,
    LoggedSettings,
    PollerSettings,
    ProviderSettings,
    PublisherSettings,
    SettingsError,
    WorkerSettings,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

PROVIDERS = {
    "klingai": {"base_url": "https://kling.example/", "secret_arn": "arn:secret", "rules_as_of": "2026-02-10"},
}
SUBMITTING = {
    "TABLE_NAME": "table",
    "BUCKET_NAME": "bucket",
    "WORK_QUEUE_URL": "https://queue",
    "MASTER_SECRET_ARN": "arn:master",
    "PROVIDERS": json.dumps(PROVIDERS),
    "EXPECTED_S": "",
    "FUNCTION_TIMEOUT_S": "29",
}
STARTING = SUBMITTING | {"WORKFLOW_ARN": "arn:aws:states:eu-central-1:123456789012:stateMachine:elements"}
API = STARTING | {
    "PUBLIC_BASE_URL": "",
    "RESULT_LINK_HOURS": "24",
    "TRUSTED_WEBHOOK_ORIGINS": "",
    "LOG_PROMPTS": "false",
}
PUBLISHER = {
    "TABLE_NAME": "table",
    "BUCKET_NAME": "bucket",
    "EVENT_BUS_NAME": "bus",
    "WORK_QUEUE_URL": "https://queue",
    "DELIVERIES_QUEUE_URL": "https://deliveries",
}


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in [*API, *PUBLISHER, "PUBLISH_STATE_CHANGES", "TRUSTED_MEDIA_ORIGINS", "LOG_LEVEL"]:
        monkeypatch.delenv(name, raising=False)
    settings.load.cache_clear()
    yield
    settings.load.cache_clear()


def given(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def test_the_settings_of_the_api(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each variable in its type; an empty expected time is none; an address without its last slash."""
    given(monkeypatch, API)

    assert ApiSettings(
        table_name="table",
        bucket_name="bucket",
        work_queue_url="https://queue",
        master_secret_arn="arn:master",
        providers={"klingai": ProviderSettings("https://kling.example", "arn:secret", date(2026, 2, 10))},  # type: ignore[dict-item]
        expected_s=None,
        function_timeout_s=29,
        workflow_arn="arn:aws:states:eu-central-1:123456789012:stateMachine:elements",
        public_base_url="",
        result_link_hours=24,
        trusted_webhook_origins=(),
        log_prompts=False,
    ) == settings.load(ApiSettings)


def test_the_settings_of_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Origins are a list with commas; an expected time is a number."""
    own = {
        "DELIVERIES_QUEUE_URL": "https://deliveries",
        "EVENT_BUS_NAME": "bus",
        "TRUSTED_MEDIA_ORIGINS": " http://a:1, ,http://b:2 ",
    }
    given(monkeypatch, STARTING | own | {"EXPECTED_S": "3.5"})

    loaded = settings.load(WorkerSettings)

    assert (("http://a:1", "http://b:2"), 3.5) == (loaded.trusted_media_origins, loaded.expected_s)


@pytest.mark.parametrize(("text", "switched_on"), [("true", True), ("false", False)])
def test_a_switch_is_true_or_false(monkeypatch: pytest.MonkeyPatch, text: str, *, switched_on: bool) -> None:
    """As the template's parameter has it; another word is no answer, and least of all yes."""
    given(monkeypatch, PUBLISHER | {"PUBLISH_STATE_CHANGES": text})
    assert switched_on is settings.load(PublisherSettings).publish_state_changes

    settings.load.cache_clear()
    given(monkeypatch, {"PUBLISH_STATE_CHANGES": "off"})
    with pytest.raises(SettingsError, match="PUBLISH_STATE_CHANGES has not the form"):
        settings.load(PublisherSettings)


def test_what_has_a_default_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The log level alone."""
    assert "INFO" == settings.load(LoggedSettings).log_level
    settings.load.cache_clear()
    given(monkeypatch, {"LOG_LEVEL": "DEBUG"})
    assert "DEBUG" == settings.load(LoggedSettings).log_level


def test_every_missing_variable_is_named() -> None:
    """At once, not one after the other."""
    with pytest.raises(
        SettingsError, match="TABLE_NAME is not set; WORK_QUEUE_URL is not set; DELIVERIES_QUEUE_URL is not set"
    ):
        settings.load(PollerSettings)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("FUNCTION_TIMEOUT_S", "soon"),
        ("FUNCTION_TIMEOUT_S", ""),
        ("RESULT_LINK_HOURS", "1.5"),
        ("EXPECTED_S", "long"),
        ("PROVIDERS", ""),
        ("PROVIDERS", "{"),
        ("PROVIDERS", "[]"),
        ("PROVIDERS", "5"),
        ("PROVIDERS", '{"klingai": 5}'),
        ("PROVIDERS", '{"klingai": {}}'),
        ("PROVIDERS", '{"klingai": {"base_url": 5, "secret_arn": "a", "rules_as_of": "2026-02-10"}}'),
        ("PROVIDERS", '{"klingai": {"base_url": "u", "secret_arn": "a", "rules_as_of": "today"}}'),
        ("PROVIDERS", '{"klingai": {"base_url": "u", "secret_arn": "a", "rules_as_of": 20260210}}'),
    ],
)
def test_an_unreadable_variable_is_named_and_its_value_is_not(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    """Whatever stands in it, the error is the documented one."""
    given(monkeypatch, API | {variable: value})

    with pytest.raises(SettingsError, match=f"{variable} has not the form") as wrong:
        settings.load(ApiSettings)

    assert not value.strip("[]{5") or value not in str(wrong.value)


def test_settings_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A warm function does not read them again."""
    given(monkeypatch, API)

    assert settings.load(ApiSettings) is settings.load(ApiSettings)
