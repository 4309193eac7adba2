"""How EzModel answers: its two error envelopes, the video object of a create, and a task in its two forms.

From EzModel's published source, the page "Kling Omni Video" and, for `stock`, the server that EzModel's is a fork of
(new-api). What a page and the source say differently is told as the source has it: no page shows a task of Kling whole.
"""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from local.simulators.server import Response, json_response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.simulators.tasks import Task

REQUEST_ID: Final = "X-Oneapi-Request-Id"
SATURATED: Final = "当前分组上游负载已饱和"  # "the group's upstream is saturated", whatever the upstream said

# By Kling's word: EzModel's, and the progress that goes with it.
_STATUSES: Final[Mapping[str, tuple[str, str]]] = {
    "submitted": ("SUBMITTED", "10%"),
    "processing": ("IN_PROGRESS", "30%"),
    "succeed": ("SUCCESS", "100%"),
    "failed": ("FAILURE", "100%"),
}
_OPENAI_WORDS: Final[Mapping[str, str]] = {
    "NOT_START": "unknown",
    "SUBMITTED": "queued",
    "IN_PROGRESS": "in_progress",
    "SUCCESS": "completed",
    "FAILURE": "failed",
}
_ENDS: Final = ("SUCCESS", "FAILURE")
_PUBLIC_ID_LENGTH: Final = 32


def request_id() -> str:
    """Returns a new id of a request, as the header and nested errors carry it."""
    return secrets.token_hex(16)


def public_id() -> str:
    """Returns a task's id as the stock build gives it out."""
    letters = string.ascii_letters + string.digits
    return "task_" + "".join(secrets.choice(letters) for _ in range(_PUBLIC_ID_LENGTH))


def flat(status: int, code: str, message: str) -> Response:
    """Returns a relay's error."""
    return json_response({"code": code, "message": message, "data": None}, status, code=code, message=message)


def nested(status: int, message: str, *, kind: str = "new_api_error", code: str = "") -> Response:
    """Returns a middleware's error; `kind` is its type."""
    own = request_id()
    error = {"message": f"{message} (request id: {own})", "type": kind, "code": code}
    answered = json_response({"error": error}, status, code=code or kind, message=message)
    answered.headers[REQUEST_ID] = own
    return answered


@dataclass(slots=True, kw_only=True)
class Record:
    """A task as EzModel keeps it.

    Attributes:
        id: as it was given out: Kling's own, but in the stock build.
        task: Kling's.
        model: as ordered.
        stock: whether it is told as the stock build would.
        clean: whether `fail_reason` tells a failure's reason alone.
        learnt_at: when Kling was last asked, Unix seconds.
        reply: Kling's last one, whole.
        status: EzModel's word.
        progress: with a percent sign.
        started_at: when it was first seen to run, Unix seconds; 0 before.
        finished_at: when its end was seen, Unix seconds; 0 before.
    """

    id: str
    task: Task
    model: str
    stock: bool
    clean: bool
    learnt_at: float
    reply: Mapping[str, Any]
    status: str = "NOT_START"
    progress: str = "0%"
    started_at: int = 0
    finished_at: int = 0

    @property
    def video(self) -> Mapping[str, Any]:
        """What Kling said of the video; empty while there is none."""
        videos = self.reply["data"].get("task_result", {}).get("videos")
        return videos[0] if videos else {}

    def learn(self, reply: Mapping[str, Any], now: float) -> None:
        """Takes Kling's reply over. An end stays, whatever an older answer says that comes later.

        A word that Kling does not have is told as it is: EzModel itself would keep the state that it had.
        """
        if self.status in _ENDS:
            return
        self.reply, self.learnt_at = reply, now
        word = reply["data"]["task_status"]
        self.status, self.progress = _STATUSES.get(word, (word, self.progress))
        if self.status == "IN_PROGRESS":
            self.started_at = self.started_at or int(now)
        if self.status in _ENDS:
            self.finished_at = int(now)

    def video_object(self) -> dict[str, Any]:
        """Returns a create's answer; `status` and `progress` are in the source alone."""
        return {
            "id": self.id,
            "task_id": self.id,
            "object": "video",
            "model": self.model,
            "status": "queued" if self.stock else "",
            "progress": 0,
            "created_at": int(self.task.created_at),
        }

    def native(self) -> dict[str, Any]:
        """Returns what the two native queries answer."""
        shown = {
            "task_id": self.id,
            "action": "omniVideo",
            "status": self.status,
            "fail_reason": self._fail_reason(),
            "submit_time": int(self.task.created_at),
            "start_time": self.started_at,
            "finish_time": self.finished_at,
            "progress": self.progress,
            "data": self.reply,
        }
        return {"code": "success", "message": "", "data": self._stock_fields() | shown if self.stock else shown}

    def openai(self) -> dict[str, Any]:
        """Returns what the OpenAI query answers: no model, and Kling's own milliseconds."""
        told = self.reply["data"]
        shown: dict[str, Any] = {
            "id": self.id,
            "object": "video",
            "model": "",
            "status": _OPENAI_WORDS.get(self.status, self.status),
            "progress": int(self.progress.removesuffix("%")),
            "created_at": told["created_at"],
            "completed_at": told["updated_at"],
        }
        if self.video:
            shown |= {"seconds": self.video["duration"], "metadata": {"url": self.video["url"]}}
        if self.stock and self.status == "FAILURE":
            shown["error"] = {"message": told["task_status_msg"], "code": ""}
        return shown

    def _fail_reason(self) -> str:
        """Returns the reason of a failure; or, where that is not clean, Kling's "SUCCEED", and a video's URL."""
        if self.status == "FAILURE":
            clean: str = self.reply["data"]["task_status_msg"]
            return clean if self.clean or self.stock else str(self.reply["message"])
        return "" if self.clean or self.stock else str(self.video.get("url", ""))

    def _stock_fields(self) -> dict[str, Any]:
        """Returns what the stock build tells besides; of its accounts there is one here."""
        told = {
            "id": 1,
            "created_at": int(self.task.created_at),
            "updated_at": int(self.learnt_at),
            "platform": "kling",
            "user_id": 1,
            "group": "default",
            "channel_id": 1,
            "quota": 0,
            "properties": {},
        }
        return told | ({"result_url": self.video["url"]} if self.video else {})
