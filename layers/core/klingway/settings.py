"""The settings of each function: its environment variables, typed, read on first use.

A field is read from the variable of its name in capitals. A template test holds that each function's environment and its
settings are the same.
"""

import json
import os
from dataclasses import MISSING, dataclass, fields
from datetime import date
from functools import cache
from typing import Any, TypeVar, get_type_hints

from klingway.domain.ids import ProviderName


class SettingsError(Exception):
    """A variable is missing or has not its form; the message names every such variable and no value."""


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """Where a provider is and where its credential lies."""

    base_url: str
    """Scheme and host, without a path."""
    secret_arn: str
    rules_as_of: date
    """Which day's published rules are enforced."""
    switches: frozenset[str] = frozenset()
    """Its documented switches that are on; what each does, the provider's page says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedSettings:
    """What every function needs."""

    log_level: str = "INFO"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackSettings(LoggedSettings):
    """What `callback` needs."""

    work_queue_url: str
    master_secret_arn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PollerSettings(LoggedSettings):
    """What `poller` needs."""

    table_name: str
    work_queue_url: str
    deliveries_queue_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PublisherSettings(LoggedSettings):
    """What `publisher` needs."""

    table_name: str
    bucket_name: str
    event_bus_name: str
    work_queue_url: str
    deliveries_queue_url: str
    publish_state_changes: bool
    """Whether each change of a job's state is an event; the filter of the stream has to let them through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhooksSettings(LoggedSettings):
    """What `webhooks` needs."""

    table_name: str
    bucket_name: str
    deliveries_queue_url: str
    master_secret_arn: str
    trusted_webhook_origins: tuple[str, ...]
    """Origins that webhooks may go to although they resolve to private addresses."""
    result_link_hours: int
    """How long the links in callbacks live, where the dialect promises nothing else."""
    function_timeout_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmittingSettings(LoggedSettings):
    """What every function needs that calls providers."""

    table_name: str
    bucket_name: str
    work_queue_url: str
    master_secret_arn: str
    providers: dict[ProviderName, ProviderSettings]
    """In the gateway's order of preference."""
    expected_s: float | None
    """How long a generation takes as a rule; None: what is known of each model."""
    function_timeout_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StartingSettings(SubmittingSettings):
    """What every function needs that takes jobs on from the beginning."""

    workflow_arn: str
    """Of the state machine that makes elements before a video."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatingSettings(StartingSettings):
    """What every function needs that accepts requests."""

    public_base_url: str
    """Empty: the address of each request."""
    trusted_webhook_origins: tuple[str, ...]
    """Origins that a webhook may name although they are no public addresses."""
    log_prompts: bool
    """Whether what callers write in words is logged, once for each job that is accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSettings(CreatingSettings):
    """What `api` needs."""

    result_link_hours: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings(StartingSettings):
    """What `worker` needs."""

    deliveries_queue_url: str
    event_bus_name: str
    """Which hears of results that come late."""
    trusted_media_origins: tuple[str, ...]
    """Origins whose media is fetched although they resolve to private addresses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeSettings(CreatingSettings):
    """What `intake` needs."""

    trigger_tenant: str
    """Whose files and events they are."""
    event_bus_name: str


Settings = TypeVar("Settings", bound=LoggedSettings)


@cache
def load(model: type[Settings]) -> Settings:
    """Read a function's settings.

    Raises:
        SettingsError: Some are missing or unreadable.
    """
    types = get_type_hints(model)
    values: dict[str, Any] = {}
    wrong: list[str] = []
    for field in fields(model):
        variable = field.name.upper()
        text = os.environ.get(variable)  # noqa: TID251 - the one place
        if text is None:
            if field.default is MISSING:
                wrong.append(f"{variable} is not set")
            continue
        try:
            values[field.name] = _READERS[types[field.name]](text)
        except (ValueError, KeyError, TypeError, AttributeError):
            wrong.append(f"{variable} has not the form of {types[field.name]}")
    if wrong:
        raise SettingsError("; ".join(wrong))
    return model(**values)


def _providers(text: str) -> dict[ProviderName, ProviderSettings]:
    return {
        ProviderName(name): ProviderSettings(
            base_url=said["base_url"].rstrip("/"),
            secret_arn=said["secret_arn"],
            rules_as_of=date.fromisoformat(said["rules_as_of"]),
            switches=frozenset(said.get("switches", "").split()),
        )
        for name, said in json.loads(text).items()
    }


_READERS: dict[Any, Any] = {
    str: str,
    int: int,
    bool: {"true": True, "false": False}.__getitem__,
    float | None: lambda text: float(text) if text else None,
    tuple[str, ...]: lambda text: tuple(part.strip() for part in text.split(",") if part.strip()),
    dict[ProviderName, ProviderSettings]: _providers,
}
