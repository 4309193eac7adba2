"""What every provider's tasks have in common: a life told by the clock, slots, and callbacks."""

from __future__ import annotations

import base64
import hashlib
import heapq
import hmac
import http.client
import itertools
import queue
import re
import threading
import time
from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from local.simulators.behaviour import Behaviour
    from local.simulators.media import ClipSpec, PictureSpec

State = Literal["submitted", "processing", "succeeded", "failed"]

_SUBMITTED_SHARE: Final = 0.2  # of the generation, at most one second, a task is only submitted
_CALLBACK_TIME_OUT_S: Final = 5.0
_CALLBACK_WORKERS: Final = 16
_RETRY_AFTER_S: Final = 0.3
_OK: Final = range(200, 300)
_LOOPBACK: Final = re.compile(r"127(\.[0-9]{1,3}){3}|::1|(.+\.)?localhost")


@dataclass(slots=True)
class Delivery:
    """One posted callback.

    Attributes:
        state: what it told.
        at: when its answer came, Unix seconds.
        body: what was posted.
        headers: with which headers.
        status: the receiver's HTTP status; None when there was no answer.
        error: why there was none.
    """

    state: State
    at: float
    body: str
    headers: dict[str, str]
    status: int | None = None
    error: str | None = None


@dataclass(slots=True, kw_only=True)
class Task:
    """A task of any provider.

    Attributes:
        id: the provider's id.
        product: which of the provider's endpoints made it.
        external_id: the caller's id, empty for none.
        body: the create's body as it came.
        clip: the video it results in; of other tasks, what is shown of them.
        watermarked: whether a second file with a mark results too.
        callback_url: empty for none.
        marks: the switches that its prompt's markers set.
        failure: why it fails; None when it succeeds.
        created_at: Unix seconds.
        generation_s: from its creation to its end, seconds.
        makes_video: whether a video results.
        pictures: the images that result, by their index; a task that makes neither has no files and takes no slot.
        extra: what only its provider knows of it.
        deliveries: the callbacks posted so far.
        fetches: how often each of its files was asked for.
    """

    id: str
    product: str
    external_id: str
    body: Mapping[str, Any]
    clip: ClipSpec
    watermarked: bool
    callback_url: str
    marks: dict[str, Any]
    failure: str | None
    created_at: float
    generation_s: float
    makes_video: bool = True
    pictures: tuple[PictureSpec, ...] = ()
    extra: dict[str, Any] = field(default_factory=dict)
    deliveries: list[Delivery] = field(default_factory=list)
    fetches: dict[str, int] = field(default_factory=dict)

    @property
    def processing_at(self) -> float:
        """When it turns from submitted to processing, Unix seconds."""
        return self.created_at + min(1.0, self.generation_s * _SUBMITTED_SHARE)

    @property
    def ends_at(self) -> float:
        """When it succeeds or fails, Unix seconds."""
        return self.created_at + self.generation_s

    @property
    def slots(self) -> int:
        """How many slots it takes until its end: one for a video, one for each image."""
        return int(self.makes_video) + len(self.pictures)

    @property
    def files(self) -> Mapping[str, ClipSpec | PictureSpec]:
        """What it results in, by the names of the files."""
        plain: dict[str, ClipSpec | PictureSpec] = {"video.mp4": self.clip} if self.makes_video else {}
        plain |= {picture.name: picture for picture in self.pictures}
        if not self.watermarked:
            return plain
        return plain | {marked_name(name): replace(spec, watermark=True) for name, spec in plain.items()}

    @property
    def last(self) -> State:
        """The state it ends in."""
        return "succeeded" if self.failure is None else "failed"

    def state(self, now: float | None = None) -> State:
        """Returns its state at a time, Unix seconds; now where not given."""
        now = time.time() if now is None else now
        if now >= self.ends_at:
            return self.last
        return "processing" if now >= self.processing_at else "submitted"

    def since(self, state: State) -> float:
        """Returns when it came into a state, Unix seconds."""
        return {"submitted": self.created_at, "processing": self.processing_at}.get(state, self.ends_at)


def marked_name(name: str) -> str:
    """Returns the name of the watermarked copy of a task's file."""
    return "watermarked.mp4" if name == "video.mp4" else f"watermarked_{name}"


class DuplicateError(Exception):
    """The external id was used before."""


class FullError(Exception):
    """All slots are taken."""


class TaskBook:
    """All tasks of one account; external ids are unique for ever, over all products."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tasks: dict[str, Task] = {}
        self._external: dict[str, Task] = {}
        self._unfinished: dict[str, Task] = {}

    def check_external(self, external_id: str) -> None:
        """Checks that an external id is new.

        Raises:
            DuplicateError: it is not.
        """
        if external_id and external_id in self._external:
            raise DuplicateError

    def add(self, task: Task, capacity: int | None) -> None:
        """Keeps a new task, which takes its slots until its end; videos and images have `capacity` of them each.

        Raises:
            DuplicateError: its external id was used before.
            FullError: it needs more slots than are free.
        """
        with self._lock:
            self.check_external(task.external_id)
            now = time.time()
            self._unfinished = {key: kept for key, kept in self._unfinished.items() if kept.ends_at > now}
            alike = [kept for kept in self._unfinished.values() if kept.makes_video == task.makes_video]
            taken = sum(kept.slots for kept in alike)
            if task.slots and capacity is not None and taken + task.slots > capacity:
                raise FullError
            self._tasks[task.id] = task
            if task.slots:
                self._unfinished[task.id] = task
            if task.external_id:
                self._external[task.external_id] = task

    def find(self, reference: str, product: str | None = None) -> Task | None:
        """Returns the task with this id or external id, or None."""
        task = self._tasks.get(reference) or self._external.get(reference)
        return task if task and product in {None, task.product} else None

    def newest_first(self, product: str | None = None) -> list[Task]:
        """Returns the tasks, of one product or all."""
        with self._lock:
            tasks = list(self._tasks.values())
        return [task for task in reversed(tasks) if product in {None, task.product}]


class Timers:
    """One thread that calls functions at their time; they must not wait."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._stopped = False
        threading.Thread(target=self._run, name="simulator-timers", daemon=True).start()

    def at(self, moment: float, call: Callable[[], None]) -> None:
        """Calls a function at a moment, Unix seconds."""
        with self._changed:
            heapq.heappush(self._heap, (moment, next(self._numbers), call))
            self._changed.notify()

    def stop(self) -> None:
        """Forgets what is due."""
        with self._changed:
            self._stopped = True
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._stopped and (not self._heap or self._heap[0][0] > time.time()):
                    self._changed.wait(self._heap[0][0] - time.time() if self._heap else None)
                if self._stopped:
                    return
                call = heapq.heappop(self._heap)[2]
            call()


def standard_webhook_headers(secret: str, message_id: str, body: bytes, timestamp: int) -> dict[str, str]:
    """Signs a callback as the Standard Webhooks specification says.

    Args:
        secret: base64, `whsec_` in front or not.
        message_id: unique per callback, the same for its repetitions.
        body: the raw body.
        timestamp: Unix seconds.

    Returns:
        The three headers.
    """
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{message_id}.{timestamp}.".encode() + body
    signature = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return {"webhook-id": message_id, "webhook-timestamp": str(timestamp), "webhook-signature": f"v1,{signature}"}


def _connect(url: str) -> tuple[http.client.HTTPConnection, str]:
    """Returns a connection to a URL's host, and what to ask it for.

    Raises:
        ConnectionRefusedError: the host is not this machine.
    """
    parts = urlsplit(url)
    if not _LOOPBACK.fullmatch(parts.hostname or ""):
        raise ConnectionRefusedError("simulators post to loopback alone")
    make = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = make(parts.hostname or "", parts.port, timeout=_CALLBACK_TIME_OUT_S)
    return connection, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


@dataclass(frozen=True, slots=True)
class _Posting:
    task: Task
    state: State
    body: bytes
    headers: dict[str, str]
    retries: int


class Callbacks:
    """Posts callbacks from a bounded pool, one task's in their order, to loopback alone. Redirects are not followed.

    Args:
        render: makes a callback's body from a task, the state to tell and the behaviour.
        secret: signs them where given.
        tells: the states that have a callback; others pass in silence.
    """

    def __init__(
        self, render: Callable[[Task, State, Behaviour], bytes], secret: str | None, tells: frozenset[State]
    ) -> None:
        if secret is not None:
            standard_webhook_headers(secret, "", b"", 0)  # a secret that is none fails here, not later in a thread
        self._render = render
        self._secret = secret
        self._tells = tells
        self._lock = threading.Lock()
        self._lanes: dict[str, deque[_Posting]] = {}
        self._ready: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._numbers = itertools.count(int(time.time() * 1000))
        for number in range(_CALLBACK_WORKERS):
            threading.Thread(target=self._work, name=f"simulator-callbacks-{number}", daemon=True).start()

    def plan(self, task: Task, behaviour: Behaviour, timers: Timers) -> None:
        """Plans a new task's callbacks; the early one is delivered before this returns."""
        kind = behaviour.callbacks
        if not task.callback_url or kind == "silent":
            return
        if kind == "early" and "submitted" in self._tells:
            self._deliver(self._posting(task, "submitted", behaviour))
        told: list[tuple[float, State]] = [(task.processing_at, "processing"), (task.ends_at, task.last)]
        if kind in {"lie", "lie_failed"}:
            told[0] = (task.processing_at, "succeeded" if kind == "lie" else "failed")
        elif kind == "unordered":
            told = [(task.ends_at, task.last), (task.ends_at, "processing")]
        delay = behaviour.callback_late_s if kind == "late" else 0.0
        for moment, state in told:
            if state in self._tells:
                timers.at(moment + delay, lambda state=state: self._post(task, state, behaviour))  # type: ignore[misc]

    def stop(self) -> None:
        """Lets the workers end; what is not posted yet stays so."""
        self._stopping.set()
        for _ in range(_CALLBACK_WORKERS):
            self._ready.put(None)

    def _posting(self, task: Task, state: State, behaviour: Behaviour) -> _Posting:
        body = self._render(task, state, behaviour)
        headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "simulator"}
        if self._secret is not None:
            headers |= standard_webhook_headers(self._secret, str(next(self._numbers)), body, int(time.time()))
        return _Posting(task, state, body, headers, behaviour.callback_retries)

    def _post(self, task: Task, state: State, behaviour: Behaviour) -> None:
        posting = self._posting(task, state, behaviour)
        copies = [posting, posting] if behaviour.callbacks == "repeat" else [posting]
        with self._lock:
            idle = task.id not in self._lanes
            self._lanes.setdefault(task.id, deque()).extend(copies)
        if idle:
            self._ready.put(task.id)

    def _work(self) -> None:
        while (lane := self._ready.get()) is not None and not self._stopping.is_set():
            while True:
                with self._lock:
                    if not self._lanes[lane]:
                        del self._lanes[lane]
                        break
                    posting = self._lanes[lane].popleft()
                for attempt in range(posting.retries + 1):
                    if attempt:
                        self._stopping.wait(_RETRY_AFTER_S)
                    if self._stopping.is_set():
                        return
                    if self._deliver(posting) in _OK:
                        break

    def _deliver(self, posting: _Posting) -> int | None:
        delivery = Delivery(posting.state, 0.0, posting.body.decode(), posting.headers)
        try:
            connection, target = _connect(posting.task.callback_url)
            try:
                connection.request("POST", target, posting.body, posting.headers)
                answer = connection.getresponse()
                answer.read()
                delivery.status = answer.status
            finally:
                connection.close()
        except Exception as error:  # noqa: BLE001 - whatever it was, it is shown, and the worker lives on
            delivery.error = f"{type(error).__name__}: {error}"
        delivery.at = time.time()
        posting.task.deliveries.append(delivery)
        return delivery.status
