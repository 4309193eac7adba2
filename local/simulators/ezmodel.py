"""EzModel's API over HTTP: its page "Kling Omni Video", and what its published source says where the page is silent.

EzModel is a relay before Kling, and so is this simulator: it is Kling's own with EzModel in front of it, and asks it as
EzModel would. So Kling's refusals, results, elements and callbacks are Kling's; EzModel itself posts nothing. It serves

- `POST /kling/v1/videos/omni-video`; `GET` of it with a task's id (never with the caller's own), and the same at
  `/v1/video/generations/{id}`; `GET /v1/videos/{id}` in OpenAI's form, `GET /v1/videos/{id}/content`;
- `/kling/v1/general/advanced-custom-elements`, `advanced-presets-elements`, `delete-elements`: bodies and answers Kling's.

Run it with `python -m local.simulators.ezmodel --port 8125`; it prints one line of JSON with its URL and its fake keys.
"""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Final
from urllib.parse import parse_qsl, urlsplit

from typing_extensions import override

from local.simulators.behaviour import UnknownMarkerError, marks_of
from local.simulators.command import arguments, serve
from local.simulators.ezmodel_answers import REQUEST_ID, SATURATED, Record, flat, nested, public_id, request_id
from local.simulators.ezmodel_rules import NoChannelError, NoModelError, Order, PriceError, WrongTypeError, check
from local.simulators.fields import InvalidError
from local.simulators.klingai import KlingaiSimulator
from local.simulators.server import NotJsonError, Request, Response, all_text, json_object, json_response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from local.simulators.behaviour import Behaviour
    from local.simulators.tasks import Task

_VIDEO_PATH: Final = "/kling/v1/videos/omni-video"
_QUERY_PATHS: Final = (_VIDEO_PATH, "/v1/video/generations")
_OPENAI_PATH: Final = "/v1/videos"
_ELEMENTS_PATH: Final = "/kling/v1/general/advanced-custom-elements"
_ELEMENT_WAYS: Final = {
    ("POST", _ELEMENTS_PATH),
    ("GET", _ELEMENTS_PATH),
    ("GET", "/kling/v1/general/advanced-presets-elements"),
    ("POST", "/kling/v1/general/delete-elements"),
}
_RELAY: Final = "/kling"  # before Kling's own paths
_IGNORED_SHOTS_S: Final = "5"
_OK, _BAD_REQUEST, _TOO_MANY = 200, 400, 429
_NOT_COMPLETED: Final = "Task is not completed yet, current status: "


class _RefusedError(Exception):
    """A request is not served.

    Args:
        response: what is answered instead.
    """

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


class EzmodelSimulator(KlingaiSimulator):
    """An EzModel account on loopback, and the Kling account behind it.

    Kling is asked through its own `answer` alone; methods here must not be named as Kling's private ones are.

    Args:
        api_keys: accepted as Bearer tokens.
        generation_s: how long a task takes, seconds.
        capacity: how many tasks may be unfinished at once; None: any number.
        port: on 127.0.0.1; 0 takes a free one.
    """

    provider: ClassVar[str] = "ezmodel"

    def __init__(
        self, *, api_keys: Sequence[str], generation_s: float = 3.0, capacity: int | None = None, port: int = 0
    ) -> None:
        self._kling_key = secrets.token_hex(16)
        super().__init__(
            api_keys=[self._kling_key], access_keys={}, generation_s=generation_s, capacity=capacity, port=port
        )
        self._tokens = frozenset(api_keys)
        self._records: dict[str, Record] = {}

    @override
    def answer(self, request: Request) -> Response:
        """Answers a request to the API."""
        try:
            self._check_token(request.headers.get("authorization", ""))
            answered = self._dispatch(request)
        except _RefusedError as refused:
            answered = refused.response
        answered.headers.setdefault(REQUEST_ID, request_id())
        return answered

    @override
    def spoil_answer(self, task: Task, fault: str, good: Response, error: Response) -> Response:
        """Answers EzModel as Kling does, and well: what goes wrong with a create goes wrong between EzModel and its caller."""
        good.notes["submit_fault"] = fault
        return good

    def _check_token(self, header: str) -> None:
        scheme, _, key = header.partition(" ")
        if scheme != "Bearer" or key.strip() not in self._tokens:
            raise _RefusedError(nested(401, "Invalid token"))
        _check_key_quota(self.behaviour)

    def _dispatch(self, request: Request) -> Response:
        method, path = request.method, request.path.rstrip("/")
        base, _, last = path.rpartition("/")
        if (method, path) == ("POST", _VIDEO_PATH):
            return self._create_at_kling(request)
        if (method, path) in _ELEMENT_WAYS or (method, base) == ("GET", _ELEMENTS_PATH):
            return self._hand_on(request)
        if method == "GET" and base in _QUERY_PATHS:
            return self._query(last, Record.native)
        if method == "GET" and base == _OPENAI_PATH:
            return self._query(last, Record.openai)
        if method == "GET" and last == "content" and base.rpartition("/")[0] == _OPENAI_PATH:
            return self._stream(base.rpartition("/")[2])
        raise _RefusedError(nested(404, f"Invalid URL ({method} {request.path})", kind="invalid_request_error"))

    # Creates.

    def _create_at_kling(self, request: Request) -> Response:
        try:
            body = json_object(request)
            marks = marks_of(all_text(body))
        except (NotJsonError, UnknownMarkerError) as error:
            return flat(400, "invalid_request", str(error))
        behaviour = self.behaviour.overlaid(marks)
        _check_key_quota(behaviour)
        order = _ordered(body, panics=behaviour.type_panics)
        if behaviour.quota == "account_used_up":
            return flat(403, "quota_not_enough", "user quota is not enough")
        ignored = bool(order.shots) and behaviour.multi_shot_ignored
        native = order.native | ({"duration": _IGNORED_SHOTS_S} if ignored else {})
        reply = self._ask_kling("POST", _VIDEO_PATH.removeprefix(_RELAY), native)
        _raise_for_refusal(reply, "task_failed", raw=behaviour.upstream_errors_raw)
        task = self._task_made(reply)
        task.body = body
        if order.shots and not ignored:
            task.clip = replace(task.clip, prompt=" | ".join(order.shots))
        answered = self._keep(task, order.model, reply, behaviour)
        answered.notes |= {
            "task_id": task.id,
            "unknown_fields": list(order.unknown_fields),
            "notes": reply.notes["notes"],
        }
        return answered

    def _keep(self, task: Task, model: str, reply: Response, behaviour: Behaviour) -> Response:
        """Keeps a task that Kling has made, and answers its create, each as well as its fault allows."""
        record = Record(
            id=public_id() if behaviour.stock_shapes else task.id,
            task=task,
            model=model,
            stock=behaviour.stock_shapes,
            clean=behaviour.fail_reason_clean,
            learnt_at=task.created_at,
            reply=json.loads(reply.body),
        )
        good = json_response(record.video_object())
        if reply.notes["submit_fault"] == "insert_task_failed":
            # The answer is written before the task is kept; that failing, its error follows in the same body.
            good.body += flat(500, "insert_task_failed", "insert task failed").body
            return good
        if reply.notes["submit_fault"] != "error_5xx_created":  # EzModel never had Kling's answer
            self._records[record.id] = record
        return self._spoil(task, reply, good)

    def _task_made(self, reply: Response) -> Task:
        """Returns the task that a create at Kling made."""
        task = self.book.find(str(reply.notes["task_id"]))
        if task is None:
            raise LookupError(reply.notes["task_id"])
        return task

    def _spoil(self, task: Task, reply: Response, good: Response) -> Response:
        error = flat(500, "do_request_failed", "do request failed")
        return super().spoil_answer(task, reply.notes["submit_fault"], good, error)

    # Reads.

    def _query(self, task_id: str, told: Callable[[Record], dict[str, Any]]) -> Response:
        record = self._records.get(task_id)
        if record is None:
            return flat(400, "task_not_exist", "task_not_exist")
        self._refresh(record)
        return json_response(told(record))

    def _stream(self, task_id: str) -> Response:
        """Streams a finished task's file, fetched where Kling has it."""
        record = self._records.get(task_id)
        if record is None:
            return nested(404, "Task not found", kind="invalid_request_error")
        self._refresh(record)
        if record.status != "SUCCESS":
            return nested(400, f"{_NOT_COMPLETED}{record.status}", kind="invalid_request_error")
        url = urlsplit(record.video["url"])
        fetched = self.handle(Request("GET", url.path, dict(parse_qsl(url.query)), {}, b""))
        if fetched.status != _OK:
            return nested(502, "Failed to fetch video content", kind="server_error")
        fetched.headers["Cache-Control"] = "public, max-age=86400"
        return fetched

    def _refresh(self, record: Record) -> None:
        """Asks Kling for a task, as each read does, unless a switch keeps EzModel behind.

        (EzModel would tell its old state where Kling cannot be asked: a read that a switch spoils is EzModel's own.)

        Raises:
            _RefusedError: a switch spoils the read.
        """
        now = time.time()
        if now - record.learnt_at < self.behaviour.overlaid(record.task.marks).refresh_s:
            return
        reply = self._ask_kling("GET", f"{_VIDEO_PATH.removeprefix(_RELAY)}/{record.task.id}")
        if reply.hang_up:
            raise _RefusedError(reply)
        if reply.status != _OK:
            raise _RefusedError(flat(500, "get_task_failed", "get task failed"))
        record.learn(json.loads(reply.body), now)

    # Kling behind it.

    def _hand_on(self, request: Request) -> Response:
        """Asks Kling for what EzModel does not touch: elements."""
        headers = {**request.headers, "authorization": f"Bearer {self._kling_key}"}
        reply = super().answer(replace(request, path=request.path.removeprefix(_RELAY), headers=headers))
        _raise_for_refusal(reply, "element_failed", raw=self.behaviour.upstream_errors_raw)
        return self._spoil(self._task_made(reply), reply, reply) if "submit_fault" in reply.notes else reply

    def _ask_kling(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Response:
        headers = {"authorization": f"Bearer {self._kling_key}", "content-type": "application/json"}
        return super().answer(Request(method, path, {}, headers, b"" if body is None else json.dumps(body).encode()))


def _check_key_quota(behaviour: Behaviour) -> None:
    if behaviour.quota == "key_used_up":
        raise _RefusedError(nested(401, "The token's quota is used up"))


def _ordered(body: Mapping[str, Any], *, panics: bool) -> Order:
    """Checks a create.

    Args:
        body: the decoded JSON.
        panics: whether a value of another type ends in a panic.

    Raises:
        _RefusedError: it breaks a rule.
    """
    try:
        return check(body)
    except NoModelError:
        refusal = nested(400, "未指定模型名称")
    except NoChannelError as error:
        refusal = nested(503, f"No available channel for model {error}", code="model_not_found")
    except PriceError as error:
        refusal = flat(500, "get_price_scale_failed", str(error))
    except InvalidError as error:
        if panics and isinstance(error, WrongTypeError):
            refusal = nested(
                500, "Panic detected, error: nil pointer dereference. Please submit an issue", kind="new_api_panic"
            )
        else:
            refusal = flat(400, "invalid_request", str(error))
    raise _RefusedError(refusal)


def _raise_for_refusal(reply: Response, word: str, *, raw: bool) -> None:
    """Raises what EzModel makes of Kling's refusal.

    Args:
        reply: Kling's.
        word: the code where Kling's message is told.
        raw: whether a bad request keeps its body too, as others do.

    Raises:
        _RefusedError: it is one.
    """
    if reply.hang_up or reply.status == _OK:
        return
    if reply.status == _TOO_MANY:
        raise _RefusedError(flat(_TOO_MANY, "fail_to_fetch_task", SATURATED))
    if reply.status == _BAD_REQUEST and not raw:
        raise _RefusedError(flat(_BAD_REQUEST, word, str(json.loads(reply.body)["message"])))
    raise _RefusedError(flat(reply.status, "fail_to_fetch_task", reply.body.decode()))


def main() -> None:
    """Serves until interrupted."""
    chosen = arguments("Simulates EzModel's API on loopback.").parse_args()
    api_keys = ["fake-ezmodel-api-key"]
    simulator = EzmodelSimulator(
        api_keys=api_keys, generation_s=chosen.generation, capacity=chosen.capacity, port=chosen.port
    )
    serve(simulator, api_keys=api_keys)


if __name__ == "__main__":
    main()
