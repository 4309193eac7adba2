"""Rules with a schedule: `rate(…)` fires by the clock, and any of them by hand."""

import re
import threading
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from local.cloud.model import Deployment, Rule
from local.cloud.template import TemplateError

_UNITS_S = {"minute": 60, "hour": 3600, "day": 86400}


class Schedules:
    """The scheduled rules of a deployment.

    Args:
        deployment: What was deployed.
        deliver: Sends an event to a target without waiting.

    Raises:
        TemplateError: An expression is not a `rate(…)`.
    """

    def __init__(self, deployment: Deployment, deliver: Callable[[Mapping[str, Any], Mapping[str, Any]], None]) -> None:
        self._deployment, self._deliver = deployment, deliver
        self._rules = {name: rule for name, rule in deployment.rules.items() if rule.schedule}
        self._periods = {name: _period_s(rule) for name, rule in self._rules.items()}
        self._stop = threading.Event()

    def start(self) -> None:
        """Fire each enabled rule after each of its periods, counted from now."""
        for name, rule in self._rules.items():
            if rule.enabled:
                threading.Thread(target=self._loop, args=(name,), name=f"schedule-{name}", daemon=True).start()

    def fire(self, logical_id: str) -> None:
        """Fire a rule now, enabled or not.

        Raises:
            KeyError: There is no scheduled rule of this name.
        """
        rule, here = self._rules[logical_id], self._deployment
        event = {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": here.account,
            "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": here.region,
            "resources": [rule.arn],
            "detail": {},
        }
        for target in rule.targets:
            self._deliver(target, event)

    def close(self) -> None:
        """Fire nothing any more."""
        self._stop.set()

    def _loop(self, name: str) -> None:
        while not self._stop.wait(self._periods[name]):
            self.fire(name)


def _period_s(rule: Rule) -> float:
    match = re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", rule.schedule)
    if not match:
        raise TemplateError(f"{rule.logical_id} (AWS::Events::Rule): {rule.schedule} is not a rate and cannot run here")
    return float(match[1]) * _UNITS_S[match[2]]
