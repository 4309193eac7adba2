from __future__ import annotations

import json
import ssl
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, cast

import httpx
import pytest

from local.simulators.apimart import ApimartSimulator
from local.simulators.ezmodel import EzmodelSimulator
from local.simulators.klingai import KlingaiSimulator
from local.simulators.unifically import UnificallySimulator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TLS = ssl.create_default_context()  # made once: it is slow, and not used
API_KEY = "fake-api-key"
ACCESS_KEY, SECRET_KEY = "fake-access-key", "fake-secret-key-of-at-least-32-characters"


@dataclass
class Kling:
    """A simulator and a caller of it."""

    simulator: KlingaiSimulator
    http: httpx.Client  # noqa: TID251 - a test's own

    def create(self, product: str = "omni-video", **fields: Any) -> httpx.Response:
        """Posts a create: a valid one of omni-video, changed."""
        body: dict[str, Any] = {"model_name": "kling-v3-omni", "prompt": "a fox", "aspect_ratio": "16:9"}
        return self.http.post(f"/v1/videos/{product}", json=body | fields)

    def created(self, **fields: Any) -> str:
        """Creates and returns the task's id."""
        answer = self.create(**fields)
        assert answer.status_code == 200, answer.text
        return cast("str", answer.json()["data"]["task_id"])

    def task(self, reference: str) -> dict[str, Any]:
        """Queries a task."""
        answer = self.http.get(f"/v1/videos/omni-video/{reference}")
        assert answer.status_code == 200, answer.text
        return cast("dict[str, Any]", answer.json()["data"])

    def ended(self, reference: str) -> dict[str, Any]:
        """Waits for a task's end and returns it."""
        until(lambda: self.task(reference)["task_status"] in {"succeed", "failed"})
        return self.task(reference)

    def video_url(self, reference: str) -> str:
        """Waits for a task's end and returns its video."""
        return cast("str", self.ended(reference)["task_result"]["videos"][0]["url"])

    def post(self, path: str, **fields: Any) -> httpx.Response:
        """Posts a create with a prompt to any endpoint; a field that is `...` is left out."""
        body = {"prompt": "a fox"} | fields
        return self.http.post(path, json={name: value for name, value in body.items() if value is not ...})

    def posted(self, path: str, **fields: Any) -> str:
        """Posts a create and returns the task's id."""
        answer = self.post(path, **fields)
        assert answer.status_code == 200, answer.text
        return cast("str", answer.json()["data"]["task_id"])

    def at(self, path: str, reference: str) -> dict[str, Any]:
        """Queries a task of any endpoint."""
        answer = self.http.get(f"{path}/{reference}")
        assert answer.status_code == 200, answer.text
        return cast("dict[str, Any]", answer.json()["data"])

    def done(self, path: str, **fields: Any) -> dict[str, Any]:
        """Posts a create, waits for the end, and returns the task."""
        task_id = self.posted(path, **fields)
        until(lambda: self.at(path, task_id)["task_status"] in {"succeed", "failed"})
        return self.at(path, task_id)


@dataclass
class Ezmodel:
    """A simulator and a caller of it."""

    simulator: EzmodelSimulator
    http: httpx.Client  # noqa: TID251 - a test's own

    def create(self, **fields: Any) -> httpx.Response:
        """Posts a create: a valid one, changed; a field that is `...` is left out."""
        body = {"model": "kling-v3-omni", "prompt": "a fox"} | fields
        return self.http.post(
            "/kling/v1/videos/omni-video", json={name: value for name, value in body.items() if value is not ...}
        )

    def created(self, **fields: Any) -> str:
        """Creates and returns the task's id."""
        answer = self.create(**fields)
        assert answer.status_code == 200, answer.text
        return cast("str", answer.json()["id"])

    def task(self, task_id: str) -> dict[str, Any]:
        """Queries a task."""
        answer = self.http.get(f"/kling/v1/videos/omni-video/{task_id}")
        assert answer.status_code == 200, answer.text
        return cast("dict[str, Any]", answer.json()["data"])

    def ended(self, task_id: str) -> dict[str, Any]:
        """Waits for a task's end and returns it."""
        until(lambda: self.task(task_id)["status"] in {"SUCCESS", "FAILURE"})
        return self.task(task_id)

    def video_url(self, task_id: str) -> str:
        """Waits for a task's end and returns its video."""
        return cast("str", self.ended(task_id)["data"]["data"]["task_result"]["videos"][0]["url"])


@dataclass
class Apimart:
    """A simulator and a caller of it."""

    simulator: ApimartSimulator
    http: httpx.Client  # noqa: TID251 - a test's own

    def create(self, **fields: Any) -> httpx.Response:
        """Posts a create: a valid one, changed; a field that is `...` is left out."""
        body = {"model": "kling-v3-omni", "prompt": "a fox"} | fields
        return self.http.post(
            "/v1/videos/generations", json={name: value for name, value in body.items() if value is not ...}
        )

    def created(self, **fields: Any) -> str:
        """Creates and returns the task's id."""
        answer = self.create(**fields)
        assert answer.status_code == 200, answer.text
        return cast("str", answer.json()["data"][0]["task_id"])

    def task(self, task_id: str) -> dict[str, Any]:
        """Queries a task."""
        answer = self.http.get(f"/v1/tasks/{task_id}")
        assert answer.status_code == 200, answer.text
        return cast("dict[str, Any]", answer.json()["data"])

    def ended(self, task_id: str) -> dict[str, Any]:
        """Waits for a task's end and returns it."""
        until(lambda: self.task(task_id)["status"] in {"completed", "failed", "cancelled"})
        return self.task(task_id)

    def video_url(self, task_id: str) -> str:
        """Waits for a task's end and returns its video."""
        return cast("str", self.ended(task_id)["result"]["videos"][0]["url"][0])


@dataclass
class Unifically:
    """A simulator and a caller of it."""

    simulator: UnificallySimulator
    http: httpx.Client  # noqa: TID251 - a test's own

    def create(self, *, top: dict[str, Any] | None = None, **fields: Any) -> httpx.Response:
        """Posts a create: a valid one, its input changed by fields, the rest by `top`; one that is `...` is left out."""
        given = {name: value for name, value in ({"prompt": "a fox"} | fields).items() if value is not ...}
        body = {"model": "kuaishou/kling-3.0-omni-video", "input": given} | (top or {})
        return self.http.post("/v1/tasks", json={name: value for name, value in body.items() if value is not ...})

    def created(self, *, top: dict[str, Any] | None = None, **fields: Any) -> str:
        """Creates and returns the task's id."""
        answer = self.create(top=top, **fields)
        assert answer.status_code == 200, answer.text
        return cast("str", answer.json()["data"]["task_id"])

    def read(self, task_id: str) -> httpx.Response:
        """Queries a task."""
        return self.http.get(f"/v1/tasks/{task_id}")

    def task(self, task_id: str) -> dict[str, Any]:
        """Queries a task that has not failed."""
        answer = self.read(task_id)
        assert answer.status_code == 200, answer.text
        return cast("dict[str, Any]", answer.json()["data"])

    def ended(self, task_id: str) -> httpx.Response:
        """Waits for a task's end and queries it."""
        until(lambda: self.read(task_id).json()["data"]["status"] in {"completed", "failed"})
        return self.read(task_id)

    def video_url(self, task_id: str) -> str:
        """Waits for a task's end and returns its video."""
        return cast("str", self.ended(task_id).json()["data"]["output"]["video_url"])


@dataclass
class Receiver:
    """Takes callbacks."""

    url: str
    posts: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200

    def words(self, task_id: str | None = None) -> list[str]:
        """Returns the status words that came."""
        return [post["json"]["task_status"] for post in self.posts if task_id in {None, post["json"]["task_id"]}]


def until(holds: Callable[[], bool], seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


@pytest.fixture(name="until")
def _until() -> Callable[..., None]:
    return until


@pytest.fixture
def start() -> Iterator[Callable[..., Kling]]:
    started: list[Kling] = []

    def begin(**arguments: Any) -> Kling:
        arguments = {"api_keys": [API_KEY], "access_keys": {ACCESS_KEY: SECRET_KEY}, "generation_s": 0.1} | arguments
        simulator = KlingaiSimulator(**arguments).start()
        headers = {"Authorization": f"Bearer {API_KEY}"}
        http = httpx.Client(base_url=simulator.url, headers=headers, verify=TLS)  # noqa: TID251 - a test's own
        started.append(Kling(simulator, http))
        return started[-1]

    yield begin
    for kling in started:
        kling.http.close()
        kling.simulator.stop()


@pytest.fixture
def kling(start: Callable[..., Kling]) -> Kling:
    return start()


@pytest.fixture
def start_ezmodel() -> Iterator[Callable[..., Ezmodel]]:
    started: list[Ezmodel] = []

    def begin(**arguments: Any) -> Ezmodel:
        simulator = EzmodelSimulator(**{"api_keys": [API_KEY], "generation_s": 0.1} | arguments).start()
        headers = {"Authorization": f"Bearer {API_KEY}"}
        http = httpx.Client(base_url=simulator.url, headers=headers, verify=TLS)  # noqa: TID251 - a test's own
        started.append(Ezmodel(simulator, http))
        return started[-1]

    yield begin
    for ezmodel in started:
        ezmodel.http.close()
        ezmodel.simulator.stop()


@pytest.fixture
def ezmodel(start_ezmodel: Callable[..., Ezmodel]) -> Ezmodel:
    return start_ezmodel()


@pytest.fixture
def start_apimart() -> Iterator[Callable[..., Apimart]]:
    started: list[Apimart] = []

    def begin(**arguments: Any) -> Apimart:
        simulator = ApimartSimulator(**{"api_keys": [API_KEY], "generation_s": 0.1} | arguments).start()
        headers = {"Authorization": f"Bearer {API_KEY}"}
        http = httpx.Client(base_url=simulator.url, headers=headers, verify=TLS)  # noqa: TID251 - a test's own
        started.append(Apimart(simulator, http))
        return started[-1]

    yield begin
    for apimart in started:
        apimart.http.close()
        apimart.simulator.stop()


@pytest.fixture
def apimart(start_apimart: Callable[..., Apimart]) -> Apimart:
    return start_apimart()


@contextmanager
def simulated_unifically(**arguments: Any) -> Iterator[Unifically]:
    headers = {"Authorization": f"Bearer {API_KEY}"}
    with (
        UnificallySimulator(**{"api_keys": [API_KEY], "generation_s": 0.1} | arguments) as simulator,
        httpx.Client(base_url=simulator.url, headers=headers, verify=TLS) as http,  # noqa: TID251 - a test's own
    ):
        yield Unifically(simulator, http)


@pytest.fixture
def start_unifically() -> Iterator[Callable[..., Unifically]]:
    with ExitStack() as started:
        yield lambda **arguments: started.enter_context(simulated_unifically(**arguments))


@pytest.fixture
def unifically(start_unifically: Callable[..., Unifically]) -> Unifically:
    return start_unifically()


@pytest.fixture(scope="module")
def shared_unifically() -> Iterator[Unifically]:
    """One for all rules of a module: none of them depends on what was asked before."""
    with simulated_unifically() as unifically:
        yield unifically


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            taken.posts.append({"at": time.time(), "headers": headers, "body": body, "json": json.loads(body)})
            self.send_response(taken.status)
            self.send_header("Content-Length", "0")
            self.send_header("Location", taken.url)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 512
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Handler)
    taken = Receiver(f"http://127.0.0.1:{server.server_address[1]}/hooks/1")
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield taken
    server.shutdown()
    server.server_close()
