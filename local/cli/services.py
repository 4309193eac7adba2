"""How clients of each service's own API find their way in it: what they post to, ask for, and read in its answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

Way = tuple[str | int, ...]
"""Into an answer: names of fields and places in lists."""


@dataclass(frozen=True, kw_only=True)
class Service:
    """A service's API, as its document has it.

    Attributes:
        create: What is posted to, behind the base URL.
        read: What is asked for, with `{id}`.
        task_id: Where the answer to a create has the task's id.
        status: Where the answer to a query has the status.
        done: The word there for a good end.
        link: Where it has the link to the video.
    """

    create: str
    read: str
    task_id: Way
    status: Way
    done: str
    link: Way


SERVICES: Final[Mapping[str, Service]] = {
    "klingai": Service(
        create="/v1/videos/omni-video",
        read="/v1/videos/omni-video/{id}",
        task_id=("data", "task_id"),
        status=("data", "task_status"),
        done="succeed",
        link=("data", "task_result", "videos", 0, "url"),
    ),
    "ezmodel": Service(
        create="/kling/v1/videos/omni-video",
        read="/kling/v1/videos/omni-video/{id}",
        task_id=("task_id",),
        status=("data", "status"),
        done="SUCCESS",
        link=("data", "data", "data", "task_result", "videos", 0, "url"),
    ),
    "apimart": Service(
        create="/v1/videos/generations",
        read="/v1/tasks/{id}",
        task_id=("data", 0, "task_id"),
        status=("data", "status"),
        done="completed",
        link=("data", "result", "videos", 0, "url", 0),
    ),
    "unifically": Service(
        create="/v1/tasks",
        read="/v1/tasks/{id}",
        task_id=("data", "task_id"),
        status=("data", "status"),
        done="completed",
        link=("data", "output", "video_url"),
    ),
}


def said(answer: Any, way: Way) -> Any:  # noqa: ANN401 - any JSON
    """Return what stands in an answer; None where there is nothing."""
    for step in way:
        try:
            answer = answer[step]
        except (KeyError, IndexError, TypeError):
            return None
    return answer
