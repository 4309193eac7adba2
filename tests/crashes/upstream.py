"""The four simulators in this process, under the stage's clock: no sockets, no threads, no waiting.

What they accept, refuse and answer, and what they call back, is their own; only the way there is another.
"""
# ruff: noqa: SLF001 - a simulator is a server by itself; here it is put together without one

from __future__ import annotations

import itertools
import json
import sys
import time
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from klingway.providers.contract import AnswerLostError, HttpAnswer
from klingway.use_cases.ports import MediaError, OpenedMedia

from local.simulators.media import ClipSpec, PictureSpec, make_clip, make_picture
from local.simulators.server import Request, Response
from local.simulators.tasks import Callbacks
from local.twin import SIMULATORS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    import pytest

    from local.simulators.server import Simulator
    from local.simulators.tasks import Task
    from tests.crashes.agenda import Agenda
    from tests.crashes.calls import Calls

    Post = Callable[[str, bytes, Mapping[str, str]], int | None]
    """Takes a callback's URL, body and headers; returns the status it is answered with, None for no answer."""

API_KEY = "simulated-api-key"
GENERATION_S = 30.0
ELEMENT_S = 5.0


class Upstream:
    """All providers."""

    def __init__(self, patch: pytest.MonkeyPatch, agenda: Agenda, calls: Calls, films: Films, post: Post) -> None:
        self._calls = calls
        self._agenda, self._films, self._post = agenda, films, post
        self.simulators: dict[str, Simulator] = {}
        self.reset()
        for name, module in list(sys.modules.items()):
            if name.startswith("local.simulators.") and getattr(module, "time", None) is time:
                patch.setattr(module, "time", SimpleNamespace(time=agenda.epoch_s))

    def reset(self) -> None:
        """Begin anew: accounts without tasks, and everybody behaving well."""
        self._before: set[str] = set()
        self.elements_before: list[Any] = []
        """The elements that the registries held before."""
        for port, (name, build) in enumerate(SIMULATORS.items(), start=1):
            simulator: Any = build(API_KEY, GENERATION_S)
            simulator.behaviour.element_generation_s = ELEMENT_S
            simulator._server = SimpleNamespace(server_address=("127.0.0.1", port))
            simulator._library = self._films
            simulator._timers = self._agenda
            simulator._callbacks = _CallbacksAtOnce(simulator, self._agenda, self._post)
            simulator.wait = self._agenda.pass_time
            self.simulators[name] = simulator

    def take_for_granted(self) -> None:
        """Have what was accepted so far be what was there before whatever comes now."""
        self._before = {task.id for elements in (False, True) for _, task in self.created(elements=elements)}
        self.elements_before = self.kept_elements()

    def created(self, *, elements: bool = False) -> list[tuple[str, Task]]:
        """Return the tasks that were accepted, oldest first, each with its provider, without those of before."""
        return [
            (name, task)
            for name, simulator in self.simulators.items()
            for task in reversed(simulator.book.newest_first())
            if (task.product == "element") == elements and task.id not in self._before
        ]

    def media(self) -> list[bytes]:
        """Return what the tasks that were accepted result in."""
        return [self._films.file(spec) for _, task in self.created() for spec in task.files.values()]

    def kept_elements(self) -> list[Any]:
        """Return the elements that the registries hold still."""
        looks: list[Any] = [look() for each in self.simulators.values() if (look := each.looks().get("elements"))]
        return [element for look in looks for element in look if element["state"] != "deleted"]

    def call(self, method: str, url: str, *, json: Mapping[str, Any] | None = None, **said: Any) -> HttpAnswer:
        """Answer a call of a provider's module."""
        # A question names what it asks for, which is another one each time.
        simulator, path = self._owner(url), urlsplit(url).path
        self._calls.before(f"{simulator.provider}:{method} {path.rpartition('/')[0] if method == 'GET' else path}")
        response = _ask(simulator, method, url, said["headers"], json)
        self._calls.after()
        if response.hang_up:
            raise AnswerLostError("the simulator hung up")
        return HttpAnswer(response.status, {"content-type": response.content_type, **response.headers}, response.body)

    @contextmanager
    def open(self, url: str) -> Iterator[OpenedMedia]:
        """Open media."""
        self._calls.before("media:GET")
        response = _ask(self._owner(url), "GET", url, {}, None)
        self._calls.after()
        if response.status != 200:
            raise MediaError(f"the media's host answered HTTP {response.status}")
        yield OpenedMedia(response.content_type, _cut_short(response))

    def _owner(self, url: str) -> Simulator:
        return next(each for each in self.simulators.values() if url.startswith(f"{each.url}/"))


def _ask(
    simulator: Simulator, method: str, url: str, headers: Mapping[str, str], body: Mapping[str, Any] | None
) -> Response:
    parts = urlsplit(url)
    query = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
    raw = b"" if body is None else json.dumps(body).encode()
    lower = {name.lower(): value for name, value in headers.items()}
    return simulator.handle(Request(method, unquote(parts.path), query, lower, raw))


def _cut_short(response: Response) -> Iterator[bytes]:
    yield response.body[: response.cut_at]
    if response.cut_at is not None:
        raise MediaError("the media ended short")


class _CallbacksAtOnce(Callbacks):
    """Posts each callback at its time, in the order of the clock."""

    def __init__(self, simulator: Simulator, agenda: Agenda, post: Post) -> None:
        self._render = simulator.callback_body
        self._secret = None
        self._tells = simulator.tells
        self._numbers = itertools.count(1)
        self._post_to = post
        self._agenda = agenda

    def _post(self, task: Any, state: Any, behaviour: Any) -> None:
        posting = self._posting(task, state, behaviour)
        for _ in range(2 if behaviour.callbacks == "repeat" else 1):
            for _ in range(posting.retries + 1):
                if self._deliver(posting) == 200:
                    break

    def _deliver(self, posting: Any) -> int | None:
        status: int | None = self._post_to(posting.task.callback_url, posting.body, posting.headers)
        return status


class Films:
    """Media that plays, encoded once; each task's own by a box behind it, which players pass over."""

    def __init__(self, folder: Path) -> None:
        clip = folder / "video.mp4"
        make_clip(ClipSpec("1", "any", "any", "a fox", duration_s=5), clip)
        self._clip = clip.read_bytes()
        self._picture = make_picture(PictureSpec("1", "any", "any", "a fox"))

    def file(self, spec: ClipSpec | PictureSpec) -> bytes:
        """Return a task's file."""
        own = f"{spec.task_id} {getattr(spec, 'index', '')} {spec.watermark}".encode()
        if isinstance(spec, PictureSpec):
            return self._picture + own
        return self._clip + (8 + len(own)).to_bytes(4, "big") + b"free" + own

    clip = file

    def cover(self, spec: ClipSpec) -> bytes:
        """Return a task's cover."""
        return self._picture
