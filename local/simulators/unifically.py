"""Unifically's API over HTTP, as its pages of Kling v3.0 Omni, tasks, callbacks and errors say.

`POST /v1/tasks` creates (or, with `dry_run`, only prices), `GET /v1/tasks/{id}` reads. It knows no ids of callers and
no lists; callbacks tell ends alone and are not signed. Answers have no times in them, and neither empty arrays nor
empty objects. Run it with `python -m local.simulators.unifically --port 8125`; it prints one line of JSON with its URL
and its fake keys.
"""

from __future__ import annotations

import json
import secrets
import time
from typing import TYPE_CHECKING, Any, ClassVar, Final

from typing_extensions import override

from local.simulators.behaviour import Behaviour, Denial, FailedRead, UnknownMarkerError
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
    json_object,
    json_response,
)
from local.simulators.tasks import State, Task
from local.simulators.unifically_rules import MODEL, Order, TwoVideosError, check

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TASKS_PATH: Final = "/v1/tasks"
_WORDS: Final[Mapping[State, str]] = {
    "submitted": "pending",
    "processing": "processing",
    "succeeded": "completed",
    "failed": "failed",
}
_CODES: Final[Mapping[int, str]] = {
    400: "generation_failed",
    401: "authentication_failed",
    422: "validation_error",
    429: "rate_limit_exceeded",
    500: "internal_error",
}
"""`data.code` by status: the error page's table. An error with another status has none."""
_FAILED_READS: Final[Mapping[FailedRead, tuple[int, int]]] = {
    "http_400": (400, 400),
    "body_400": (200, 400),
    "ok": (200, 200),
}
"""HTTP status and the body's `code`."""
_OK: Final = 200
_SERVER_ERROR: Final = "Internal server error"
_USD_PER_S: Final[Mapping[str, float]] = {"std": 0.08, "pro": 0.08, "4k": 0.30}
"""The page prices 4k alone; the others have the one figure on record, a third party's for a sibling."""


class ApiError(Exception):
    """An answer that is not a success.

    Args:
        status: HTTP, and the body's `code`; `data.code` follows from it.
        message: Unifically's text.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class UnificallySimulator(Simulator):
    """A Unifically account on loopback.

    Args:
        api_keys: accepted as Bearer tokens.
        generation_s: how long a task takes, seconds.
        capacity: how many tasks may be unfinished at once; None: any number.
        port: on 127.0.0.1; 0 takes a free one.
    """

    provider: ClassVar[str] = "unifically"
    busy: ClassVar[Denial] = Denial(429, 429, "Rate limit exceeded, please try again later")
    tells: ClassVar[frozenset[State]] = frozenset({"succeeded", "failed"})

    def __init__(
        self, *, api_keys: Sequence[str], generation_s: float = 3.0, capacity: int | None = None, port: int = 0
    ) -> None:
        super().__init__(Behaviour(generation_s=generation_s, capacity=capacity), port=port)
        self._api_keys = frozenset(api_keys)

    @override
    def answer(self, request: Request) -> Response:
        """Answers a request to the API."""
        try:
            self._check_key(request.headers.get("authorization", ""))
            return self._route(request)
        except ApiError as error:
            return _refusal(error.status, error.status, error.message)

    @override
    def callback_body(self, task: Task, state: State, behaviour: Behaviour) -> bytes:
        """Returns the end in the documented form of callbacks: `data` where a read has `data.output`, `error_message`."""
        told: dict[str, Any] = {"task_id": task.id, "status": behaviour.callback_word or _WORDS[state]}
        if state == "succeeded":
            told["data"] = {"video_url": self.media_url(task, "video.mp4")}
        else:
            told["error_message"] = task.failure or "simulated failure"
        return json.dumps(told, ensure_ascii=False).encode()

    def _check_key(self, header: str) -> None:
        scheme, _, key = header.partition(" ")
        if scheme != "Bearer" or key.strip() not in self._api_keys:
            raise ApiError(401, "Invalid API key")

    def _route(self, request: Request) -> Response:
        base, _, last = request.path.rpartition("/")
        if (request.method, request.path) == ("POST", _TASKS_PATH):
            return self._create(request)
        if (request.method, base) == ("GET", _TASKS_PATH) and last:
            return self._read(last)
        raise ApiError(404, f"Not found: {request.method} {request.path}")

    # Creates.

    def _create(self, request: Request) -> Response:
        try:
            body = json_object(request)
            order = check(body)
            if order.dry_run:
                return _noted(_success({"cost": round(_USD_PER_S[order.mode] * order.seconds, 2)}), order)
            task, fault = self.submit(
                order.text, "", order.text, lambda marks, behaviour: self._task(body, order, marks, behaviour)
            )
        except TwoVideosError as error:
            raise ApiError(400, str(error)) from None
        except (NotJsonError, InvalidError, UnknownMarkerError) as error:
            raise ApiError(422, str(error)) from None
        except RefusedError as error:
            return _refusal(error.denial.status, error.denial.code, error.denial.message)
        except NotCreatedError:
            raise ApiError(500, _SERVER_ERROR) from None
        good = _success({"task_id": task.id, "status": _WORDS["submitted"]})
        answered = self.spoil_answer(task, fault, good, _refusal(500, 500, _SERVER_ERROR))
        answered.notes["task_id"] = task.id
        return _noted(answered, order)

    def _task(self, body: Mapping[str, Any], order: Order, marks: dict[str, Any], behaviour: Behaviour) -> Task:
        task_id = secrets.token_hex(6)
        return Task(
            id=task_id,
            product="video",
            external_id="",
            body=body,
            clip=ClipSpec(
                task_id=task_id,
                provider=self.provider,
                model=MODEL,
                prompt=order.text,
                mode=order.mode,
                aspect=order.aspect,
                duration_s=order.seconds,
                sound=order.sound,
            ),
            watermarked=False,
            callback_url=order.callback_url,
            marks=marks,
            failure=behaviour.fail_message,
            created_at=time.time(),
            generation_s=behaviour.generation_s,
        )

    # Reads.

    def _read(self, task_id: str) -> Response:
        task = self.book.find(task_id)
        behaviour = self.behaviour if task is None else self.behaviour.overlaid(task.marks)
        fault, word = self.spoil_read(behaviour)
        if fault == "error_5xx":
            raise ApiError(500, _SERVER_ERROR)
        if fault == "time_out":
            return Response(hang_up=True, notes={"fault": fault})
        if task is None:
            raise ApiError(404, "Task not found")  # no page says how; what any caller would expect
        state = task.state()
        shown: dict[str, Any] = {"task_id": task.id, "status": word or _WORDS[state]}
        if state == "failed":
            return _failed(shown, task.failure or "", behaviour)
        if state == "succeeded":
            shown["output"] = {"video_url": self.media_url(task, "video.mp4")}
        return _success(shown)


def _noted(response: Response, order: Order) -> Response:
    response.notes |= {"unknown_fields": list(order.unknown_fields), "notes": list(order.notes)}
    return response


def _success(data: Mapping[str, Any]) -> Response:
    return json_response({"code": _OK, "success": True, "data": data}, code=_OK)


def _refusal(status: int, code: int, message: str) -> Response:
    data = {"message": message} | ({"code": _CODES[status]} if status in _CODES else {})
    return json_response({"code": code, "success": False, "data": data}, status, code=code, message=message)


def _failed(shown: Mapping[str, Any], message: str, behaviour: Behaviour) -> Response:
    """Answers a read of a failed task in one of the shapes on record.

    The sample of this API itself is not known. The default has the fields of an older model's page, in the envelope of
    today's errors; the still older form, with an object `error`, has no `success`, as nothing had then.
    """
    word = _CODES[400] if behaviour.failed_code_lower else _CODES[400].upper()
    reason: dict[str, Any] = {"message": message, "code": word}
    status, code = _FAILED_READS[behaviour.failed_read]
    nested = behaviour.failed_reason_nested
    body: dict[str, Any] = {"code": code} | ({} if nested else {"success": code == _OK})
    body["data"] = {**shown, **({"error": reason} if nested else reason)}
    return json_response(body, status, code=code, message=message)


def main() -> None:
    """Serves until interrupted."""
    chosen = arguments("Simulates Unifically's API on loopback.").parse_args()
    api_keys = ["fake-unifically-api-key"]
    simulator = UnificallySimulator(
        api_keys=api_keys, generation_s=chosen.generation, capacity=chosen.capacity, port=chosen.port
    )
    serve(simulator, api_keys=api_keys)


if __name__ == "__main__":
    main()
