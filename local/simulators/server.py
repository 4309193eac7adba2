"""The HTTP side of every simulator: a threaded server on loopback, media, inspection by tests, a page for people.

A provider's simulator derives from `Simulator` and gives `answer` (its API), `busy` (its refusal when it is full) and,
where it posts any, `callback_body`. The base serves:

- `GET /`: a page for people;
- `GET /media/<task>/<file>?Expires=…&Signature=…`: what finished tasks made, with ranges;
- `GET`, `PUT`, `DELETE /_sim/behaviour`: the switches: read, change those given, all back to how the simulator was
  built;
- `GET /_sim/tasks`, `GET /_sim/requests`: what happened, for tests.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import html
import json
import re
import secrets
import socket
import threading
import time
import traceback
from abc import ABC, abstractmethod
from collections import deque
from dataclasses import asdict, dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self, cast
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import ValidationError
from typing_extensions import override

from local.simulators.behaviour import Behaviour, marks_of, take
from local.simulators.media import FPS, ClipSpec, MediaLibrary
from local.simulators.tasks import Callbacks, FullError, State, Task, TaskBook, Timers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from local.simulators.behaviour import Denial

JSON_TYPE: Final = "application/json; charset=utf-8"
HTML_TYPE: Final = "text/html; charset=utf-8"
_HTML_PAGE: Final = b"<!doctype html><title>Gateway</title><p>Something went wrong.</p>"
_MAX_BODY_BYTES: Final = 128 * 1024 * 1024
_MAX_LOGGED_TEXT: Final = 4_000
_KEPT_REQUESTS: Final = 10_000
_SHOWN_TASKS: Final = 200
_SLOW_PARTS: Final = 10
_IDLE_S: Final = 60
_RANGE: Final = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")
_MOMENT: Final = re.compile(r"[0-9]{1,12}")


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came.

    Attributes:
        method: in capitals.
        path: decoded, without the query.
        query: the last value of each parameter.
        headers: by lower-case name.
        body: raw.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Response:
    """What to answer, well or badly.

    Attributes:
        status: HTTP.
        body: raw.
        content_type: of the body.
        headers: further ones.
        hang_up: closes the connection without any answer.
        cut_at: sends only so many bytes of the body, then closes.
        spread_s: sends the body over so many seconds.
        notes: what the request log says besides.
    """

    status: int = 200
    body: bytes = b""
    content_type: str = JSON_TYPE
    headers: dict[str, str] = field(default_factory=dict)
    hang_up: bool = False
    cut_at: int | None = None
    spread_s: float = 0.0
    notes: dict[str, Any] = field(default_factory=dict)


def json_response(value: object, status: int = 200, **notes: object) -> Response:
    """Returns a response with a JSON body.

    Args:
        value: the body.
        status: HTTP.
        notes: what the request log says besides.
    """
    return Response(status, json.dumps(value, ensure_ascii=False).encode(), notes=notes)


def json_object(request: Request) -> dict[str, Any]:
    """Returns a request's body.

    Raises:
        NotJsonError: it is no JSON object, or is not said to be JSON.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise NotJsonError("Content-Type must be application/json")
    try:
        body = json.loads(request.body)
    except ValueError:
        raise NotJsonError("Request body is not valid JSON") from None
    if not isinstance(body, dict):
        raise NotJsonError("Request body must be a JSON object")
    return body


def all_text(body: Mapping[str, Any], names: tuple[str, ...] = ("prompt",)) -> str:
    """Returns the texts of a create and of its shots (`multi_prompt`), for their markers.

    Args:
        body: the decoded JSON, not checked yet.
        names: the fields that may carry markers.
    """
    shots = body.get("multi_prompt")
    owners = [body, *(shots if isinstance(shots, list) else [])]
    texts = [owner.get(name) for owner in owners if isinstance(owner, dict) for name in names]
    return "\n".join(text for text in texts if isinstance(text, str))


class NotJsonError(Exception):
    """A body is not what the provider can read."""


class RefusedError(Exception):
    """A create is refused: all slots are taken, or a switch says so.

    Args:
        denial: with which words.
    """

    def __init__(self, denial: Denial) -> None:
        super().__init__(denial.message)
        self.denial = denial


class NotCreatedError(Exception):
    """A create fails with a server error, and no task is made."""


class Simulator(ABC):
    """A provider's server. Also a context manager: started inside, stopped at its end.

    Args:
        behaviour: how it behaves at first.
        webhook_secret: signs callbacks (Standard Webhooks) where given.
        port: on 127.0.0.1; 0 takes a free one.
    """

    provider: ClassVar[str]
    busy: ClassVar[Denial]
    """How it refuses a create too many."""
    tells: ClassVar[frozenset[State]] = frozenset({"submitted", "processing", "succeeded", "failed"})
    """Which states have a callback."""

    def __init__(self, behaviour: Behaviour, *, webhook_secret: str | None = None, port: int = 0) -> None:
        self.behaviour = behaviour
        self._built = behaviour.model_copy(deep=True)
        self._port = port
        self._webhook_secret = webhook_secret
        self._media_key = secrets.token_bytes(16)
        self._server: _Server | None = None
        self._log: deque[dict[str, Any]] = deque(maxlen=_KEPT_REQUESTS)
        self._counting = threading.Lock()
        self._create_marks: dict[str, dict[str, Any]] = {}
        self._stopping = threading.Event()
        self.book = TaskBook()

    # What a provider gives.

    @abstractmethod
    def answer(self, request: Request) -> Response:
        """Answers a request to the provider's API."""

    def callback_body(self, task: Task, state: State, behaviour: Behaviour) -> bytes:
        """Returns what is posted to a task's callback URL to tell a state; only where tasks can have one."""
        raise NotImplementedError

    # A life.

    def start(self) -> Self:
        """Serves from now on.

        Returns:
            Itself.
        """
        self._server = _Server(("127.0.0.1", self._port), self)
        self._library = MediaLibrary()
        self._timers = Timers()
        self._callbacks = Callbacks(self.callback_body, self._webhook_secret, self.tells)
        threading.Thread(
            target=self._server.serve_forever, args=(0.02,), name=f"{self.provider}-simulator", daemon=True
        ).start()
        return self

    def stop(self) -> None:
        """Ends at once: open connections are closed, callbacks not posted yet are dropped, files removed."""
        if self._server is None or self._stopping.is_set():
            return
        self._stopping.set()
        self._timers.stop()
        self._callbacks.stop()
        self._server.shutdown()
        self._server.close_all()
        self._library.close()

    def __enter__(self) -> Self:
        """Starts."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """Stops."""
        self.stop()

    @property
    def url(self) -> str:
        """The base URL, without a slash at its end."""
        if self._server is None:
            raise RuntimeError("not started")
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    # What tests look at.

    def tasks(self) -> list[dict[str, Any]]:
        """Returns all tasks, newest first, as `GET /_sim/tasks` does."""
        return [
            {
                "task_id": task.id,
                "product": task.product,
                "external_id": task.external_id,
                "state": task.state(),
                "prompt": task.clip.prompt,
                "model": task.clip.model,
                "mode": task.clip.mode,
                "created_at": task.created_at,
                "ends_at": task.ends_at,
                "failure": task.failure,
                "body": _cut(task.body),
                "deliveries": [asdict(delivery) for delivery in list(task.deliveries)],
                "fetches": dict(task.fetches),
                "video_url": self.media_url(task, "video.mp4"),
                "cover_url": self.media_url(task, "cover.jpg"),
                "image_urls": [self.media_url(task, picture.name) for picture in task.pictures],
            }
            for task in self.book.newest_first()
        ]

    def looks(self) -> Mapping[str, Callable[[], object]]:
        """Returns what there is at `GET /_sim/<name>`, by name; a provider may have more."""
        return {"tasks": self.tasks, "requests": self.requests}

    def requests(self) -> list[dict[str, Any]]:
        """Returns what was asked of the API and for media, oldest first, as `GET /_sim/requests` does; secrets cut."""
        return list(self._log)

    # What providers use.

    def wait(self, seconds: float) -> None:
        """Waits, but not beyond the end of the server."""
        self._stopping.wait(seconds)

    def submit(
        self, text: str, external_id: str, key: str, make: Callable[[dict[str, Any], Behaviour], Task]
    ) -> tuple[Task, str]:
        """Takes a create that keeps the provider's rules: delay, refusals, the external id, faults, slots, callbacks.

        Args:
            text: all prompts, for their markers.
            external_id: the caller's, empty for none.
            key: what makes two creates the same, for markers that strike so many of them.
            make: makes the task from its marks and behaviour.

        Returns:
            The task, and the fault that its answer shall have (see `spoil_answer`).

        Raises:
            UnknownMarkerError: a marker is not known.
            RefusedError: a refusal is due, or all slots are taken.
            NotCreatedError: the fault is an error without a task.
            DuplicateError: its external id was used before.
        """
        marks = marks_of(text)
        with self._counting:
            struck = self._create_marks.setdefault(key, dict(marks)) if marks else {}
        behaviour = self.behaviour.overlaid(struck)
        self.wait(behaviour.submit_delay_s)
        with self._counting:
            refusal = take(behaviour.refuse_next)
        if refusal is not None:
            raise RefusedError(refusal.denial(self.busy))
        self.book.check_external(external_id)
        fault = self._next_submit_fault(struck)
        if fault == "error_5xx_not_created":
            raise NotCreatedError
        behaviour = self.behaviour.overlaid(marks)
        task = make(marks, behaviour)
        try:
            self.book.add(task, behaviour.capacity)
        except FullError:
            raise RefusedError(self.busy) from None
        self._callbacks.plan(task, behaviour, self._timers)
        return task, fault

    def spoil_answer(self, task: Task, fault: str, good: Response, error: Response) -> Response:
        """Answers a create whose task exists, as its fault wants.

        Args:
            task: the new one.
            fault: from `submit`.
            good: the provider's answer.
            error: the provider's 5xx.
        """
        if fault == "time_out":
            self.wait(self.behaviour.overlaid(task.marks).time_out_s)
        if fault in {"lost_answer", "time_out"}:
            return Response(hang_up=True, notes={"fault": fault})
        if fault == "error_5xx_created":
            return error
        if fault == "garbage_2xx":
            return Response(200, _HTML_PAGE, HTML_TYPE, notes={"fault": fault})
        return good

    def _next_submit_fault(self, marks: dict[str, Any]) -> str:
        with self._counting:
            if "submit_fault" in marks:
                if not marks["submit_fault_times"]:
                    return "none"
                marks["submit_fault_times"] -= 1
                return str(marks["submit_fault"])
            fault, times = self.behaviour.submit_fault, self.behaviour.submit_fault_times
            if fault == "none" or times == 0:
                return "none"
            if times is not None:
                self.behaviour.submit_fault_times = times - 1
            return fault

    def spoil_read(self, behaviour: Behaviour) -> tuple[str, str]:
        """Uses up a read's fault and, where that is it, waits.

        Args:
            behaviour: of the task read, or the simulator's own.

        Returns:
            The fault's name, or `none`, and the status word to use with `unknown_status`.
        """
        with self._counting:
            fault = take(behaviour.query_faults)
        if fault is None:
            return "none", ""
        if fault.kind == "time_out":
            self.wait(behaviour.time_out_s)
        return fault.kind, fault.word

    def media_url(self, task: Task, name: str) -> str:
        """Returns the signed URL of a task's file: one of its `files`, or a video's `cover.jpg`."""
        expires = int(self.media_ends_at(task))
        return (
            f"{self.url}/media/{task.id}/{name}?Expires={expires}&Signature={self._signature(task.id, name, expires)}"
        )

    def media_ends_at(self, task: Task) -> float:
        """Returns when the links to a task's files end, Unix seconds."""
        return task.ends_at + self.behaviour.overlaid(task.marks).media_life_s

    def video_seconds(self, url: str, text: str) -> float:
        """Returns a reference video's length: known where it is one of ours, else as the switches say.

        Args:
            url: of the video.
            text: all prompts of the create that refers to it.
        """
        own = self._task_of_media(url)
        if own is not None:
            return own.clip.frames / FPS
        return self.behaviour.overlaid(marks_of(text)).reference_video_s

    def _task_of_media(self, url: str) -> Task | None:
        parts = urlsplit(url)
        pieces = parts.path.split("/")
        if not url.startswith(f"{self.url}/media/") or len(pieces) != len(("", "media", "task", "file")):
            return None
        return self.book.find(pieces[2])

    # Serving.

    def handle(self, request: Request) -> Response:
        """Answers any request and logs it."""
        try:
            if request.path == "/":
                return self._page()
            if request.path.startswith("/_sim/"):
                return self._control(request)
            response = self._media(request) if request.path.startswith("/media/") else self.answer(request)
        except Exception:  # noqa: BLE001 - a fault of the simulator itself must be seen where it is noticed
            response = Response(500, traceback.format_exc().encode(), "text/plain; charset=utf-8", notes={"bug": True})
        headers = dict(request.headers)
        if "authorization" in headers:
            headers["authorization"] = headers["authorization"][:12] + "…"
        self._log.append(
            {
                "at": time.time(),
                "method": request.method,
                "path": request.path,
                "query": dict(request.query),
                "headers": headers,
                "body": _cut(_json_or_text(request.body)),
                "status": None if response.hang_up else response.status,
                **response.notes,
            }
        )
        return response

    def _control(self, request: Request) -> Response:
        match request.method, request.path:
            case "GET", "/_sim/behaviour":
                pass
            case "GET", path if look := self.looks().get(path.removeprefix("/_sim/")):
                return json_response(look())
            case "DELETE", "/_sim/behaviour":
                fresh = self._built.model_copy(deep=True)
                self.behaviour.change({name: getattr(fresh, name) for name in Behaviour.model_fields})
            case "PUT", "/_sim/behaviour":
                try:
                    self.behaviour.change(json.loads(request.body))
                except (ValueError, TypeError) as error:
                    errors = (
                        error.errors(include_url=False, include_context=False)
                        if isinstance(error, ValidationError)
                        else str(error)
                    )
                    return json_response({"error": errors}, 400)
            case _:
                return json_response({"error": "not found"}, 404)
        return json_response(self.behaviour.model_dump())

    def _signature(self, task_id: str, name: str, expires: int) -> str:
        return hmac.new(self._media_key, f"{task_id}/{name}/{expires}".encode(), hashlib.sha256).hexdigest()[:32]

    def _media(self, request: Request) -> Response:
        _, _, task_id, name = [*request.path.split("/"), "", ""][:4]
        task = self.book.find(task_id)
        expires = request.query.get("Expires", "")
        denied = Response(403, b"<Error><Code>AccessDenied</Code></Error>", "application/xml")
        if request.method not in {"GET", "HEAD"}:
            return Response(405, b"", "text/plain", {"Allow": "GET, HEAD"})
        signed = _MOMENT.fullmatch(expires) and hmac.compare_digest(
            self._signature(task_id, name, int(expires)).encode(), request.query.get("Signature", "").encode()
        )
        if not signed or (task is not None and time.time() >= self.media_ends_at(task)):
            return denied
        missing = Response(404, b"<Error><Code>NoSuchKey</Code></Error>", "application/xml")
        if task is None or task.state() != "succeeded":
            return missing
        if name == "cover.jpg" and task.makes_video:
            return _ranged(request, self._library.cover(task.clip), "image/jpeg")
        return self._file(request, task, name, denied, missing) if name in task.files else missing

    def _file(self, request: Request, task: Task, name: str, denied: Response, missing: Response) -> Response:
        behaviour = self.behaviour.overlaid(task.marks)
        fault, times = behaviour.media_fault, behaviour.media_fault_times
        with self._counting:
            fetches = task.fetches[name] = task.fetches.get(name, 0) + 1
        if times is None and fault == "refused_once":
            times = 1
        if times is not None and fetches > times:
            fault = "none"
        spec = task.files[name]
        if fault == "wrong_duration" and isinstance(spec, ClipSpec):
            spec = replace(spec, duration_s=behaviour.wrong_duration_s or spec.duration_s / 2)
        elif fault == "wrong_aspect":
            spec = replace(spec, aspect="1:1" if spec.aspect != "1:1" else "16:9")
        bad = {"missing": missing, "refused_once": denied, "html": Response(200, _HTML_PAGE, HTML_TYPE)}
        if fault in bad:
            return bad[fault]
        response = _ranged(request, self._library.file(spec), spec.content_type)
        if fault == "short":
            response.cut_at = len(response.body) // 2
        elif fault == "slow":
            response.spread_s = behaviour.media_slow_s
        return response

    def _page(self) -> Response:
        rows = []
        for task in self.book.newest_first()[:_SHOWN_TASKS]:
            state = task.state()
            cells = [
                task.id,
                task.product,
                task.clip.model,
                task.clip.mode,
                task.clip.prompt[:300],
                task.failure if state == "failed" else state,
            ]
            row = "".join(f"<td>{html.escape(str(cell))}" for cell in cells)
            if state == "succeeded":
                row += f"<td>{''.join(self._thumbnail(task, name) for name in task.files)}"
            rows.append(f"<tr>{row}")
        text = (
            "<!doctype html><meta charset=utf-8><meta http-equiv=refresh content=5>"
            f"<title>{self.provider} simulator</title>"
            "<style>body{font:14px sans-serif}td{padding:4px 10px;border-top:1px solid #ccc;vertical-align:top}</style>"
            f"<h1>{self.provider} simulator</h1>"
            f"<table><tr><th>task<th>product<th>model<th>mode<th>prompt<th>state<th>files{''.join(rows)}</table>"
        )
        return Response(200, text.encode(), HTML_TYPE)

    def _thumbnail(self, task: Task, name: str) -> str:
        shown = "cover.jpg" if task.makes_video else name
        link, small = (html.escape(self.media_url(task, file)) for file in (name, shown))
        return f'<a href="{link}"><img src="{small}" height=80 loading=lazy alt="{name}"></a>'


def _ranged(request: Request, data: bytes, content_type: str) -> Response:
    """Answers with a file, or with the one range of it that was asked for."""
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": f'"{hashlib.sha256(data).hexdigest()[:16]}"',
        "Cache-Control": "private",
    }
    match = _RANGE.fullmatch(request.headers.get("range", ""))
    if match is None or not any(match.groups()):
        return Response(200, data, content_type, headers)
    first, last = match.groups()
    start = int(first) if first else max(0, len(data) - int(last))
    end = min(int(last), len(data) - 1) if first and last else len(data) - 1
    if start > end:
        return Response(416, b"", content_type, {"Content-Range": f"bytes */{len(data)}"})
    return Response(
        206, data[start : end + 1], content_type, headers | {"Content-Range": f"bytes {start}-{end}/{len(data)}"}
    )


def _json_or_text(body: bytes) -> object:
    try:
        return json.loads(body) if body else None
    except ValueError:
        return body.decode(errors="replace")


def _cut(value: object) -> object:
    """Cuts long texts, such as pictures in base64."""
    if isinstance(value, str) and len(value) > _MAX_LOGGED_TEXT:
        return f"{value[:_MAX_LOGGED_TEXT]}… ({len(value)} characters)"
    if isinstance(value, dict):
        return {key: _cut(item) for key, item in value.items()}
    return [_cut(item) for item in value] if isinstance(value, list) else value


class _Server(ThreadingHTTPServer):
    """Threads per connection; remembers open ones so that it can end at once."""

    daemon_threads = True
    request_queue_size = 512

    def __init__(self, address: tuple[str, int], simulator: Simulator) -> None:
        self.simulator = simulator
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__(address, _Handler)

    @override
    def process_request(self, request: socket.socket | tuple[bytes, socket.socket], client_address: Any) -> None:
        with self._guard:
            self._open.add(cast("socket.socket", request))
        super().process_request(request, client_address)

    @override
    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        with self._guard:
            self._open.discard(cast("socket.socket", request))
        super().shutdown_request(request)

    @override
    def handle_error(self, request: object, client_address: object) -> None:
        """Says nothing: callers that go away are expected."""

    def close_all(self) -> None:
        """Stops listening and closes what is open."""
        self.server_close()
        with self._guard:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_S
    wbufsize = 65_536
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        simulator = cast("_Server", self.server).simulator
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdigit() or int(length) > _MAX_BODY_BYTES:
            self.close_connection = True
            self._send(Response(411, b"", "text/plain"))
            return
        parts = urlsplit(self.path)
        request = Request(
            self.command,
            unquote(parts.path),
            {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()},
            {name.lower(): value for name, value in self.headers.items()},
            self.rfile.read(int(length)),
        )
        self._send(simulator.handle(request))

    def _send(self, response: Response) -> None:
        if response.hang_up:
            self.close_connection = True
            return
        self.send_response(response.status)
        self.send_header("Content-Type", response.content_type)
        self.send_header("Content-Length", str(len(response.body)))
        for name, value in response.headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command == "HEAD":
            return
        body = response.body[: response.cut_at]
        if response.spread_s:
            size = max(1, -(-len(body) // _SLOW_PARTS))
            for start in range(0, len(body), size):
                self.wfile.write(body[start : start + size])
                self.wfile.flush()
                cast("_Server", self.server).simulator.wait(response.spread_s / _SLOW_PARTS)
        else:
            self.wfile.write(body)
        if response.cut_at is not None:
            self.close_connection = True

    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing; requests are kept for `GET /_sim/requests`."""


for _method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"):
    setattr(_Handler, f"do_{_method}", _Handler._serve)  # noqa: SLF001 - our own class
