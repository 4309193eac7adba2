"""The workflow on Step Functions."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from klingway.domain.ids import ElementId, JobId
from klingway.domain.job import JobError
from klingway.observability import logger

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

ELEMENT_FAILED: Final = "ElementFailed"
"""What the workflow is told of an element that could not be made; the same word stands in its definition."""

_MAX_CAUSE_CHARS: Final = 1000


class StepFunctionsWorkflow:
    """One state machine."""

    def __init__(self, client: "SFNClient", arn: str) -> None:
        self._client = client
        self._arn = arn

    def start(self, execution: str, *, job_id: JobId, elements: Sequence[ElementId]) -> None:
        """Start an execution; one of this name that was started before, ended or not, is left alone."""
        said = json.dumps({"job_id": job_id, "elements": list(elements)})
        try:
            self._client.start_execution(stateMachineArn=self._arn, name=execution, input=said)
        except self._client.exceptions.ExecutionAlreadyExists:
            logger().debug("the execution exists", extra={"execution": execution})

    def resume(self, token: str, element_id: ElementId, error: JobError | None) -> None:
        """Tell a waiting execution that its element is made, or why not; one that waits no more is left alone."""
        known = self._client.exceptions
        try:
            if error is None:
                self._client.send_task_success(taskToken=token, output=json.dumps({"element_id": element_id}))
            else:
                self._client.send_task_failure(
                    taskToken=token, error=ELEMENT_FAILED, cause=f"{element_id}: {error.code}"[:_MAX_CAUSE_CHARS]
                )
        except (known.TaskTimedOut, known.TaskDoesNotExist, known.InvalidToken) as gone:
            logger().info("nobody waits any more", extra={"element_id": element_id, "reason": type(gone).__name__})
