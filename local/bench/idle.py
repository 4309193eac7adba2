"""What AWS charges for a month in which nobody asks for anything, counted in the template, at public prices.

A resource that costs by the month counts by itself; what runs by itself, the poller and the readers of the queues, by its calls.
"""

from collections.abc import Mapping
from typing import Any, Final

from local.bench import prices

_MONTH_S: Final = 2_628_000  # a twelfth of a year
_POLLERS_OF_A_QUEUE, _LONG_POLL_S = 5, 20  # Lambda's own, at the least
_RUN_S, _RUN_GB = 0.06, 0.25
_INDEX_READS_OF_A_RUN: Final = 2.0  # four queries that find nothing
_LOG_BYTES_OF_A_RUN: Final = 800


def lines(resources: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """Return US dollars a month by what costs them, of the resources of a translated template."""
    secrets = len(_of(resources, "AWS::SecretsManager::Secret"))
    mappings = _of(resources, "AWS::Lambda::EventSourceMapping")
    queues_read = sum("Queue" in str(mapping["EventSourceArn"]) for mapping in mappings)
    runs = _MONTH_S / 60 * sum("ScheduleExpression" in rule for rule in _of(resources, "AWS::Events::Rule"))
    # An alarm is paid for by each metric that it looks at, and an expression over metrics is none.
    metrics = sum(
        sum("MetricStat" in metric for metric in alarm["Metrics"]) if "Metrics" in alarm else 1
        for alarm in _of(resources, "AWS::CloudWatch::Alarm")
    )
    return {
        "secrets": secrets * prices.SECRET_MONTH,
        "reading empty queues": queues_read * _POLLERS_OF_A_QUEUE * _MONTH_S / _LONG_POLL_S * prices.SQS_REQUEST,
        "the poller": runs
        * (
            _RUN_S * _RUN_GB * prices.LAMBDA_GB_S
            + prices.LAMBDA_REQUEST
            + _INDEX_READS_OF_A_RUN * prices.DYNAMODB_READ_UNIT
        ),
        "its logs": runs * _LOG_BYTES_OF_A_RUN / 1024**3 * prices.LOG_GB,
        "alarms": metrics * prices.ALARM_METRIC_MONTH,
    }


def _of(resources: Mapping[str, Mapping[str, Any]], kind: str) -> list[Mapping[str, Any]]:
    return [resource.get("Properties", {}) for resource in resources.values() if resource["Type"] == kind]
