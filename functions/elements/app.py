"""The tasks of the workflow that makes elements before a video. Event: the task's payload; samples in events/elements.

An exception has the workflow run the task again, which is safe: each can be run twice.
"""

from typing import Any

from klingway import bootstrap
from klingway.domain.ids import ElementId, JobId
from klingway.observability import logger


def handler(event: dict[str, Any], _context: Any) -> dict[str, str | None]:  # noqa: ANN401 - Lambda's own
    """Do one task; return the state of the job, where it is about one."""
    tasks = bootstrap.elements().tasks
    match event["task"]:
        case "make":
            tasks.make_element(ElementId(event["element_id"]), execution=event["execution"], token=event["token"])
            return {"state": None}
        case "submit":
            job = tasks.submit_job(JobId(event["job_id"]))
        case "fail":
            job = tasks.fail_job(JobId(event["job_id"]), error=event["error"])
        case unknown:
            raise ValueError(f"there is no task {unknown!r}")
    logger().info("workflow task", extra={"task": event["task"], "job_id": event["job_id"]})
    return {"state": job.state.value if job else None}
