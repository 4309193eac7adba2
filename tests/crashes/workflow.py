"""What Step Functions does with `elements_then_video`: the Map, its tokens, the last task, the retries, by the stage's clock.

By hand, so that time can jump; the figures are the definition's own. That the definition does this is held by
`tests/workflow`, with an interpreter.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

import yaml

from tests.crashes.processes import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.crashes.agenda import Agenda
    from tests.crashes.processes import Processes

_STEP_S = 0.1
"""Between two states."""


class Progress(Enum):
    """How far an execution is."""

    MAKING = "making"
    LAST_TASK = "last task"
    ENDED = "ended"


@dataclass
class Execution:
    """One run of the machine."""

    name: str
    input: str
    waits: dict[str, str] = field(default_factory=dict)
    """Element by the token that is good for it."""
    missing: set[str] = field(default_factory=set)
    """Elements of which no token has come back yet."""
    progress: Progress = Progress.MAKING

    @property
    def job_id(self) -> str:
        """Whose elements are made."""
        return str(json.loads(self.input)["job_id"])


class Machine:
    """Runs executions."""

    def __init__(self, agenda: Agenda, processes: Processes) -> None:
        self._agenda, self._processes = agenda, processes
        states = yaml.safe_load((ROOT / "statemachines" / "elements_then_video.asl.yaml").read_text("utf-8"))["States"]
        make = states["MakeElements"]["ItemProcessor"]["States"]["MakeElement"]
        self._token_s = float(make["TimeoutSeconds"])
        self._make_again_s = _pauses_s(make)
        self._again_s = {"submit": _pauses_s(states["SubmitJob"]), "fail": _pauses_s(states["FailJob"])}
        self._executions: dict[str, Execution] = {}

    def reset(self) -> None:
        """Forget all executions."""
        self._executions.clear()

    def running(self) -> list[str]:
        """Return the names of the executions that have not ended."""
        return [each.name for each in self._executions.values() if each.progress is not Progress.ENDED]

    def start(self, said: Mapping[str, Any]) -> str | None:
        """Take `StartExecution`: a name is started once; while it runs, the same input is answered as the first time was."""
        name, given = said["name"], said["input"]
        if (known := self._executions.get(name)) is not None:
            is_same = known.progress is not Progress.ENDED and known.input == given
            return None if is_same else "ExecutionAlreadyExists"
        elements: Sequence[str] = json.loads(given)["elements"]
        execution = self._executions[name] = Execution(name, given, missing=set(elements))
        for element_id in elements:
            self._agenda.after(_STEP_S, lambda element_id=element_id: self._make(execution, element_id))  # type: ignore[misc]
        return None

    def succeed(self, said: Mapping[str, Any]) -> str | None:
        """Take `SendTaskSuccess`."""
        execution = self._waiting_for(said["taskToken"])
        if execution is None:
            return "TaskTimedOut"
        execution.missing.discard(execution.waits.pop(said["taskToken"]))
        if not execution.missing:
            self._last_task(execution, {"task": "submit", "job_id": execution.job_id})
        return None

    def fail(self, said: Mapping[str, Any]) -> str | None:
        """Take `SendTaskFailure`."""
        execution = self._waiting_for(said["taskToken"])
        if execution is None:
            return "TaskTimedOut"
        self._break_off(execution, said["error"])
        return None

    def _waiting_for(self, token: str) -> Execution | None:
        return next((each for each in self._executions.values() if token in each.waits), None)

    def _make(self, execution: Execution, element_id: str, tries: int = 0) -> None:
        if execution.progress is not Progress.MAKING:
            return
        token = f"{execution.name}/{element_id}/{tries}"
        execution.waits[token] = element_id
        said = {"task": "make", "element_id": element_id, "execution": execution.name, "token": token}
        if self._processes.invoke("elements", said) is not None:
            self._agenda.after(self._token_s, lambda: self._time_out(execution, token))
            return
        del execution.waits[token]
        if tries < len(self._make_again_s):
            self._agenda.after(self._make_again_s[tries], lambda: self._make(execution, element_id, tries + 1))
        else:
            self._break_off(execution, "States.TaskFailed")

    def _time_out(self, execution: Execution, token: str) -> None:
        if token in execution.waits:
            self._break_off(execution, "ElementTimedOut")

    def _break_off(self, execution: Execution, error: str) -> None:
        self._last_task(execution, {"task": "fail", "job_id": execution.job_id, "error": error})

    def _last_task(self, execution: Execution, said: Mapping[str, Any], tries: int = 0) -> None:
        execution.progress = Progress.LAST_TASK
        execution.waits.clear()
        pauses_s = self._again_s[said["task"]]

        def run() -> None:
            if self._processes.invoke("elements", said) is None and tries < len(pauses_s):
                self._agenda.after(pauses_s[tries], lambda: self._last_task(execution, said, tries + 1))
            else:
                execution.progress = Progress.ENDED

        self._agenda.after(_STEP_S, run)


def _pauses_s(state: Mapping[str, Any]) -> tuple[float, ...]:
    """Return how long a task whose function broke off waits before each further try, as its definition says."""
    (retry,) = (each for each in state["Retry"] if each["ErrorEquals"] == ["States.TaskFailed"])
    return tuple(retry["IntervalSeconds"] * float(retry["BackoffRate"] ** n) for n in range(retry["MaxAttempts"]))
