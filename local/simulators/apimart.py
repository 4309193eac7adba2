"""APIMart's API over HTTP, as its pages of Kling v3 and Kling v3 Omni, its task page and its error page say.

`POST /v1/videos/generations` creates for both models, `GET /v1/tasks/{id}?language=` reads. It knows no ids of callers,
no lists and no callbacks. Run it with `python -m local.simulators.apimart --port 8124`; it prints one line of JSON with
its URL and its fake keys.
"""

from __future__ import annotations

import math
import secrets
import time
from typing import TYPE_CHECKING, Any, ClassVar, Final

from typing_extensions import override

from local.simulators.apimart_rules import Order, check
from local.simulators.behaviour import Behaviour, Denial, UnknownMarkerError
from local.simulators.command import arguments, serve
from local.simulators.fields import InvalidError
from local.simulators.media import ClipSpec
from local.simulators.server import (
    NotCreatedError,
    NotJsonError,
    RefusedError,
    Request,
    Response,
    Simulator,
    all_text,
    json_object,
    json_response,
)
from local.simulators.tasks import Task

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_CREATE_PATH: Final = "/v1/videos/generations"
_TASKS_PATH: Final = "/v1/tasks"
_LANGUAGES: Final = ("zh", "en", "ko", "ja")
_MEDIA_LIFE_S: Final = 24 * 3600
_TYPES: Final[Mapping[int, str]] = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "payment_required",
    403: "permission_error",
    429: "rate_limit_error",
    500: "server_error",
    502: "bad_gateway",
}
_SERVER_ERROR: Final = "Internal server error, please try again later"
_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class ApiError(Exception):
    """An answer that is not a success.

    Args:
        status: HTTP, and the error's code; its type follows from it.
        message: APIMart's text.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class ApimartSimulator(Simulator):
    """An APIMart account on loopback.

    Args:
        api_keys: accepted as Bearer tokens.
        generation_s: how long a task takes, seconds.
        capacity: how many tasks may be unfinished at once; None: any number.
        port: on 127.0.0.1; 0 takes a free one.
    """

    provider: ClassVar[str] = "apimart"
    busy: ClassVar[Denial] = Denial(429, 429, "Too many requests, please try again later")

    def __init__(
        self, *, api_keys: Sequence[str], generation_s: float = 3.0, capacity: int | None = None, port: int = 0
    ) -> None:
        behaviour = Behaviour(generation_s=generation_s, capacity=capacity, media_life_s=_MEDIA_LIFE_S)
        super().__init__(behaviour, port=port)
        self._api_keys = frozenset(api_keys)

    @override
    def answer(self, request: Request) -> Response:
        """Answers a request to the API."""
        try:
            self._check_key(request.headers.get("authorization", ""))
            return self._route(request)
        except ApiError as error:
            return self._error(error.status, error.status, error.message)

    def _check_key(self, header: str) -> None:
        scheme, _, key = header.partition(" ")
        if scheme != "Bearer" or key.strip() not in self._api_keys:
            raise ApiError(401, "Invalid authentication credentials")

    def _route(self, request: Request) -> Response:
        base, _, last = request.path.rpartition("/")
        if (request.method, request.path) == ("POST", _CREATE_PATH):
            return self._create(request)
        if (request.method, base) == ("GET", _TASKS_PATH) and last:
            return self._read(request, last)
        raise ApiError(404, f"Not found: {request.method} {request.path}")

    # Creates.

    def _create(self, request: Request) -> Response:
        try:
            body = json_object(request)
            text = all_text(body)
            order = check(body, lambda url: self.video_seconds(url, text))
            task, fault = self.submit(
                text, "", text, lambda marks, behaviour: self._task(body, order, marks, behaviour)
            )
        except (NotJsonError, InvalidError, UnknownMarkerError) as error:
            raise ApiError(400, str(error)) from None
        except RefusedError as error:
            return self._error(error.denial.status, error.denial.code, error.denial.message)
        except NotCreatedError:
            raise ApiError(500, _SERVER_ERROR) from None
        good = json_response({"code": 200, "data": [{"status": "submitted", "task_id": task.id}]}, code=200)
        answered = self.spoil_answer(task, fault, good, self._error(500, 500, _SERVER_ERROR))
        answered.notes |= {"task_id": task.id, "unknown_fields": list(order.unknown_fields), "notes": list(order.notes)}
        return answered

    def _task(self, body: Mapping[str, Any], order: Order, marks: dict[str, Any], behaviour: Behaviour) -> Task:
        now = time.time()
        task_id = _task_id(now)
        return Task(
            id=task_id,
            product="video",
            external_id="",
            body=body,
            clip=ClipSpec(
                task_id=task_id,
                provider=self.provider,
                model=order.model,
                prompt=order.text,
                mode=order.mode,
                aspect=order.aspect,
                duration_s=order.seconds,
                sound=order.sound,
                watermark=order.watermark,
            ),
            watermarked=False,  # one file, marked or not: the answer has room for no second
            callback_url="",
            marks=marks,
            failure="cancelled" if behaviour.cancelled else behaviour.fail_message,
            created_at=now,
            generation_s=behaviour.generation_s,
            extra={"thumbnail": order.thumbnail, "cancelled": behaviour.cancelled},
        )

    # Reads.

    def _read(self, request: Request, task_id: str) -> Response:
        task = self.book.find(task_id)
        behaviour = self.behaviour if task is None else self.behaviour.overlaid(task.marks)
        fault, word = self.spoil_read(behaviour)
        if fault == "error_5xx":
            raise ApiError(500, _SERVER_ERROR)
        if fault == "time_out":
            return Response(hang_up=True, notes={"fault": fault})
        if request.query.get("language", "en") not in _LANGUAGES:
            raise ApiError(400, f"language must be one of: {', '.join(_LANGUAGES)}")
        if task is None:
            raise ApiError(400, "Invalid task ID")
        return json_response({"code": 200, "data": self._shown(task, word, behaviour)}, code=200)

    def _shown(self, task: Task, word: str, behaviour: Behaviour) -> dict[str, Any]:
        """Returns the task; `result`, `completed` and `actual_time` are there when it is completed, else `error`.

        Args:
            task: the task.
            word: a status word to show instead of the right one; empty for none.
            behaviour: the task's.
        """
        now, state = time.time(), task.state()
        done = 100 if state == "succeeded" else min(99, int(100 * (now - task.created_at) / (task.generation_s or 1.0)))
        ends = {"succeeded": "completed", "failed": "cancelled" if task.extra["cancelled"] else "failed"}
        status = ends.get(state) or ("processing" if state == "processing" else "pending")
        shown: dict[str, Any] = {
            "id": task.id,
            "status": word or status,
            "progress": f"{done}%" if behaviour.progress_as_text else done,
            "created": int(task.created_at),
            "estimated_time": math.ceil(task.generation_s),
        }
        if status == "completed":
            url = self.media_url(task, "video.mp4")
            expires_at = int(self.media_ends_at(task))
            shown["result"] = {"videos": [{"url": url if behaviour.url_as_text else [url], "expires_at": expires_at}]}
            if task.extra["thumbnail"]:
                shown["result"]["thumbnail_url"] = self.media_url(task, "cover.jpg")
            shown["completed"] = int(task.ends_at)
            shown["actual_time"] = shown["completed"] - shown["created"]
        if status == "failed":
            # No failed task was ever published: the documented form with what the error table calls a server's.
            shown["error"] = self._told(500, 500, task.failure or "")
        return shown

    def _error(self, status: int, code: int, message: str) -> Response:
        return json_response({"error": self._told(status, code, message)}, status, code=code, message=message)

    def _told(self, status: int, code: int, message: str) -> dict[str, Any]:
        said = str(code) if self.behaviour.error_code_as_text else code
        return {"code": said, "message": message, "type": _TYPES.get(status, _TYPES[400])}


def _task_id(now: float) -> str:
    """Returns `task_` and a ULID."""
    number = int(now * 1000) << 80 | secrets.randbits(80)
    return "task_" + "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


def main() -> None:
    """Serves until interrupted."""
    chosen = arguments("Simulates APIMart's API on loopback.").parse_args()
    api_keys = ["fake-apimart-api-key"]
    simulator = ApimartSimulator(
        api_keys=api_keys, generation_s=chosen.generation, capacity=chosen.capacity, port=chosen.port
    )
    serve(simulator, api_keys=api_keys)


if __name__ == "__main__":
    main()
