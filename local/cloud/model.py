"""What a deployed template consists of: plain data that the runtime parts and the tests read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class LocalFunction:
    """One Lambda function of the template."""

    logical_id: str
    name: str
    arn: str
    handler: str
    root: Path  # the folder with its code
    layers: tuple[Path, ...]  # their folders, in order
    env: Mapping[str, str]  # its own variables, resolved
    timeout_s: float
    memory_mb: int  # told to the function, not enforced
    runtime: str  # told to the function, which runs on this interpreter
    log_format: str  # `Text` or `JSON`
    log_level: str  # of JSON logs, or ""


@dataclass(frozen=True)
class SourceMapping:
    """One event source mapping, of a queue or of a table's stream."""

    logical_id: str
    source_arn: str
    function: str  # its physical name, or ARN
    batch_size: int
    partial_failures: bool  # whether `batchItemFailures` of an answer count
    max_concurrency: int | None = None  # most invocations at a time (queues)
    filters: tuple[str, ...] = ()  # event patterns as JSON, one of which must match; none means all (streams)
    from_start: bool = False  # TRIM_HORIZON: from the first record ever (streams)
    bisect: bool = False  # whether a failed batch is halved (streams)


@dataclass(frozen=True)
class Schedule:
    """One EventBridge rule with a schedule."""

    arn: str
    period_s: float
    targets: tuple[str, ...]  # ARNs


@dataclass(frozen=True)
class HttpApi:
    """One HTTP API: its id and its OpenAPI document with the integrations resolved."""

    logical_id: str
    api_id: str
    body: Mapping[str, Any]


@dataclass
class Deployment:
    """The outcome of a deployment; what is keyed without a word is keyed by logical id."""

    account: str
    region: str
    physical_ids: dict[str, str] = field(default_factory=dict)  # what `Ref` gives
    attributes: dict[str, dict[str, Any]] = field(default_factory=dict)  # what `Fn::GetAtt` gives, by name
    outputs: dict[str, str] = field(default_factory=dict)  # by name
    layers: dict[str, Path] = field(default_factory=dict)  # the folder that stands for each layer, by ARN
    functions: dict[str, LocalFunction] = field(default_factory=dict)
    mappings: dict[str, SourceMapping] = field(default_factory=dict)
    schedules: dict[str, Schedule] = field(default_factory=dict)
    apis: dict[str, HttpApi] = field(default_factory=dict)
    retries: dict[str, int] = field(default_factory=dict)  # of asynchronous invocations, by function name
    inert: list[tuple[str, str, str]] = field(default_factory=list)
    """`(logical id, property or "*", reason)` for everything of the template that has no effect here."""
