"""Logs and metrics of the functions. No key, token or event body is ever given to them, and prompts only by `create_job`.

That logs them where it is switched on, in one line for each job.
"""

import logging
from functools import cache
from time import perf_counter

from klingway.settings import LoggedSettings, load

_NAMESPACE = "Klingway"


@cache
def logger() -> logging.Logger:
    """Return the logger; Lambda itself writes each record as JSON, its `extra` fields included."""
    log = logging.getLogger("klingway")
    log.setLevel(load(LoggedSettings).log_level)
    return log


def count(metric: str, **dimensions: str) -> None:
    """Count one occurrence in CloudWatch, through the log (embedded metric format)."""
    from aws_lambda_powertools.metrics import MetricUnit, single_metric

    with single_metric(name=metric, unit=MetricUnit.Count, value=1, namespace=_NAMESPACE) as emitted:
        for name, value in dimensions.items():
            emitted.add_dimension(name=name, value=value)


class Stopwatch:
    """Adds up the time spent within `with` blocks. A function handles one event at a time, so one watch will do."""

    def __init__(self) -> None:
        self.spent_s = 0.0
        self._began = 0.0

    def reset(self) -> None:
        """Start from nothing again."""
        self.spent_s = 0.0

    def start(self, **_: object) -> None:
        """Begin to count; takes and ignores what botocore tells of a call."""
        self._began = perf_counter()

    def stop(self, **_: object) -> None:
        """Add what has passed since `start`."""
        self.spent_s += perf_counter() - self._began

    def __enter__(self) -> None:
        self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


provider_time = Stopwatch()
"""How long providers took to answer, within the event being handled."""

aws_time = Stopwatch()
"""How long AWS took to answer, within the event being handled."""
