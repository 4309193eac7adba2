"""The four services as their own clients know them: where they ask, and where in an answer they look; by hand."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import ANY
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import httpx

_PAUSE_S: Final = 0.2
"""Between two questions; who asks after many at once asks more rarely."""


@dataclass(frozen=True, kw_only=True)
class Service:
    """What a client of a service goes by."""

    name: str
    creates: Mapping[str, str]
    """The path of a create, behind the base URL, by product."""
    least: Callable[[str], dict[str, Any]]
    """What a create needs at least, given a prompt; of the first product."""
    queries: Mapping[str, str]
    """What comes before a task's id in the path of a query, by product."""
    success: str
    failure: str
    task_id: Callable[[Any], str]
    """In the answer to a create."""
    word: Callable[[Any], str]
    """How a task stands, in the answer to a query."""
    films: Callable[[Any], list[str]]
    """The links to films, in the answer to a query of a task that was successful."""
    pictures: Callable[[Any], list[str]] = lambda _: []
    message: Callable[[Any], str]
    """Of an error."""
    refusal: Callable[[str], tuple[int, Mapping[str, Any]]]
    """With which status and body a request with mistakes is refused, given the message."""


_KLING_VIDEOS: Final = ("omni-video", "text2video", "image2video")
_KLING_IMAGES: Final = ("omni-image", "generations")
_KLING: Final = {product: f"/v1/videos/{product}" for product in _KLING_VIDEOS} | {
    product: f"/v1/images/{product}" for product in _KLING_IMAGES
}


def _kling_pictures(said: Any) -> list[str]:
    result = said["data"]["task_result"]
    shown = [*result.get("images", []), *result.get("series_images", [])]
    assert [picture["index"] for picture in shown] == list(range(len(shown)))
    return [picture["url"] for picture in shown]


KLINGAI: Final = Service(
    name="klingai",
    creates=_KLING,
    least=lambda prompt: {"model_name": "kling-v3-omni", "prompt": prompt, "aspect_ratio": "16:9", "duration": "3"},
    queries=_KLING,
    success="succeed",
    failure="failed",
    task_id=lambda said: str(said["data"]["task_id"]),
    word=lambda said: str(said["data"]["task_status"]),
    films=lambda said: [video["url"] for video in said["data"]["task_result"]["videos"]],
    pictures=_kling_pictures,
    message=lambda said: str(said["message"]),
    refusal=lambda message: (400, {"code": 1201, "message": message, "request_id": ANY}),
)
EZMODEL: Final = Service(
    name="ezmodel",
    creates={"omni-video": "/kling/v1/videos/omni-video"},
    least=lambda prompt: {"model": "kling-v3-omni", "prompt": prompt, "duration": "3"},
    queries={"omni-video": "/kling/v1/videos/omni-video"},
    success="SUCCESS",
    failure="FAILURE",
    task_id=lambda said: str(said["id"]),
    word=lambda said: str(said["data"]["status"]),
    films=lambda said: [video["url"] for video in said["data"]["data"]["data"]["task_result"]["videos"]],
    message=lambda said: str(said["message"]),
    refusal=lambda message: (400, {"code": "invalid_request", "message": message, "data": None}),
)
APIMART: Final = Service(
    name="apimart",
    creates={"video": "/v1/videos/generations"},
    least=lambda prompt: {"model": "kling-v3-omni", "prompt": prompt, "duration": 3},
    queries={"video": "/v1/tasks"},
    success="completed",
    failure="failed",
    task_id=lambda said: str(said["data"][0]["task_id"]),
    word=lambda said: str(said["data"]["status"]),
    films=lambda said: [url for video in said["data"]["result"]["videos"] for url in video["url"]],
    message=lambda said: str(said["error"]["message"]),
    refusal=lambda message: (
        400,
        {"error": {"code": 400, "message": message, "type": "invalid_request_error"}},
    ),
)
UNIFICALLY: Final = Service(
    name="unifically",
    creates={"kuaishou/kling-3.0-omni-video": "/v1/tasks"},
    least=lambda prompt: {"model": "kuaishou/kling-3.0-omni-video", "input": {"prompt": prompt, "duration": 3}},
    queries={"kuaishou/kling-3.0-omni-video": "/v1/tasks"},
    success="completed",
    failure="failed",
    task_id=lambda said: str(said["data"]["task_id"]),
    word=lambda said: str(said["data"]["status"]),
    films=lambda said: [said["data"]["output"]["video_url"]],
    message=lambda said: str(said["data"]["message"]),
    refusal=lambda message: (
        422,
        {"code": 422, "success": False, "data": {"message": message, "code": "validation_error"}},
    ),
)
SERVICES: Final = {service.name: service for service in (KLINGAI, EZMODEL, APIMART, UNIFICALLY)}


@dataclass(frozen=True)
class Client:
    """A client of a service, with its base URL and key changed."""

    service: Service
    http: httpx.Client  # noqa: TID251 - a test's own

    def create(self, body: Mapping[str, Any], product: str | None = None, **headers: str) -> httpx.Response:
        """Post a create; headers are named with underscores, and the product where there are several."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.post(self._of(self.service.creates, product), json=dict(body), headers=named)

    def created(self, body: Mapping[str, Any], product: str | None = None, **headers: str) -> str:
        """Post a create that is taken, and return the task's id."""
        answer = self.create(body, product, **headers)
        assert answer.status_code == 200, answer.text
        return self.service.task_id(answer.json())

    def query(self, name: str, product: str | None = None) -> httpx.Response:
        """Ask for a task, by its id or by the caller's own."""
        return self.http.get(f"{self._of(self.service.queries, product)}/{quote(name, safe='')}")

    def end(self, name: str, product: str | None = None, *, pause_s: float = _PAUSE_S, seconds: float = 60) -> Any:
        """Ask for a task until it has ended, and return the last answer."""
        until = time.monotonic() + seconds
        while True:
            answer = self.query(name, product)
            assert answer.status_code == 200, answer.text
            if self.service.word(answer.json()) in {self.service.success, self.service.failure}:
                return answer.json()
            assert time.monotonic() < until, f"waited {seconds} s in vain for the end of {name}: {answer.text}"
            time.sleep(pause_s)

    def success(self, name: str, product: str | None = None, *, pause_s: float = _PAUSE_S) -> Any:
        """Ask for a task until it has ended well, and return the last answer."""
        said = self.end(name, product, pause_s=pause_s)
        assert self.service.word(said) == self.service.success, said
        return said

    def job(self, name: str) -> dict[str, Any]:
        """Return a task as the gateway's own API tells of it."""
        answer = self.http.get(self._canonical(f"/v1/jobs/{name}"))
        assert answer.status_code == 200, answer.text
        said: dict[str, Any] = answer.json()
        return said

    def jobs(self) -> Iterator[dict[str, Any]]:
        """Yield every job of the tenant, as the gateway's own API tells of it."""
        query = {"limit": "50"}
        while True:
            page = self.http.get(self._canonical("/v1/jobs"), params=query).json()
            yield from page["jobs"]
            if page["next_cursor"] is None:
                return
            query["cursor"] = page["next_cursor"]

    def _canonical(self, path: str) -> httpx.URL:
        return self.http.base_url.copy_with(path=path)

    def _of(self, paths: Mapping[str, str], product: str | None) -> str:
        if product is not None:
            return paths[product]
        return next(iter(paths.values()))
