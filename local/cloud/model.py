"""What a deployed template consists of: plain data that the runtime parts and the tests read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class LocalFunction:
    """One Lambda function of the template.

    Attributes:
        logical_id: Its name in the template (after translation).
        name: Its physical name.
        arn: Its ARN, unqualified.
        handler: `module.function`.
        root: The folder with its code.
        layers: The folders of its layers, in order.
        env: Its own environment variables, resolved.
        timeout_s: Seconds after which an invocation is killed.
        memory_mb: `MemorySize`; told to the function, not enforced.
        runtime: For example `python3.13`; told to the function, which runs on this interpreter.
        reserved: Reserved concurrency; further invocations are throttled. None means no limit.
        log_group: The name that the function is told.
        log_format: `Text` or `JSON`.
        log_level: The application log level for JSON logs, or "".
        dead_letter_arn: Where an asynchronous event goes that failed for good, or "".
    """

    logical_id: str
    name: str
    arn: str
    handler: str
    root: Path
    layers: tuple[Path, ...]
    env: Mapping[str, str]
    timeout_s: float
    memory_mb: int
    runtime: str
    reserved: int | None
    log_group: str
    log_format: str
    log_level: str
    dead_letter_arn: str


@dataclass(frozen=True)
class SourceMapping:
    """One event source mapping.

    Attributes:
        logical_id: Its name in the template.
        source_arn: The queue's or the stream's ARN.
        function: The physical name, or ARN, of the function.
        enabled: False means that nothing is read.
        batch_size: Most records per invocation.
        window_s: How long a batch may be collected.
        partial_failures: Whether `batchItemFailures` of an answer count.
        max_concurrency: Most invocations at a time (queues), or None.
        filters: Event patterns as JSON text, one of which must match (streams); none means all.
        from_start: TRIM_HORIZON, that is, from the first record ever (streams).
        bisect: Whether a failed batch is halved (streams).
        max_retries: Repetitions of a failed batch; -1 means no limit (streams).
        max_age_s: Age from which a failing record is given up; -1 means never (streams).
        on_failure_arn: Where a description of a given-up batch goes, or "" (streams).
    """

    logical_id: str
    source_arn: str
    function: str
    enabled: bool
    batch_size: int
    window_s: float
    partial_failures: bool
    max_concurrency: int | None
    filters: tuple[str, ...]
    from_start: bool
    bisect: bool
    max_retries: int
    max_age_s: float
    on_failure_arn: str


@dataclass(frozen=True)
class Rule:
    """One EventBridge rule.

    Attributes:
        logical_id: Its name in the template.
        arn: Its ARN.
        schedule: A schedule expression, or "" for a rule with a pattern.
        enabled: False means that it does nothing.
        targets: `{"Id": …, "Arn": …}` and perhaps `Input`, in order.
    """

    logical_id: str
    arn: str
    schedule: str
    enabled: bool
    targets: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class HttpApi:
    """One HTTP API: its id and its OpenAPI document with the integrations resolved."""

    logical_id: str
    api_id: str
    body: Mapping[str, Any]


@dataclass(frozen=True)
class AsyncSettings:
    """How asynchronous invocations of a function are retried: count, and where they go at the end ("" for nowhere)."""

    retries: int
    on_failure_arn: str


@dataclass
class Deployment:
    """The outcome of a deployment.

    Attributes:
        account: The account id deployed into.
        region: The region deployed into.
        physical_ids: Logical id to what `Ref` gives.
        attributes: Logical id to what `Fn::GetAtt` gives, by attribute name.
        outputs: The template's outputs, resolved.
        layers: Layer version ARN to the folder that stands for it.
        functions: Logical id to function.
        mappings: Logical id to event source mapping.
        rules: Logical id to EventBridge rule.
        apis: Logical id to HTTP API.
        asynchronous: Function name to its settings for asynchronous invocations, where the template gives any.
        inert: `(logical id, property or "*", reason)` for everything of the template that has no effect here.
    """

    account: str
    region: str
    physical_ids: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, dict[str, Any]] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    layers: dict[str, Path] = field(default_factory=dict)
    functions: dict[str, LocalFunction] = field(default_factory=dict)
    mappings: dict[str, SourceMapping] = field(default_factory=dict)
    rules: dict[str, Rule] = field(default_factory=dict)
    apis: dict[str, HttpApi] = field(default_factory=dict)
    asynchronous: dict[str, AsyncSettings] = field(default_factory=dict)
    inert: list[tuple[str, str, str]] = field(default_factory=list)
