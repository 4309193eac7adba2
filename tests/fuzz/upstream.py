"""The four services as a gateway meets them that does everything right: each takes what its own rules take, and no more.

A create that a simulator's rules refuse is noted, with the reason, and answered all the same: what a request is judged by
is whether it should ever have been sent.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from klingway.providers import registry
from klingway.providers.contract import Credentials, HttpAnswer, Provider

from local.simulators import apimart_rules, ezmodel_rules, unifically_rules
from local.simulators.klingai import CREATES
from local.simulators.klingai_elements import PRODUCT as ELEMENT
from local.simulators.klingai_rules import SPECIFICATION, Surroundings

if TYPE_CHECKING:
    from klingway.domain.ids import ProviderName

_LEFT_TO_THE_SERVICE = (
    # Of an address, by its ending, which proves nothing: what is there, only who fetches it knows.
    "format is not supported",
    # Of Kling's models before 3.0, in which mode and length they have what: the sources of their time do not agree.
    "only in mode",
    "image_reference must not be empty with",
)
"""What a service refuses, free of charge, that no gateway can know before."""

Rules = Callable[[Mapping[str, Any]], Any]
"""Looks at a create's body; raises where it breaks a rule."""


class _EveryElement(dict[int, str]):
    """There is an element of every number."""

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int)

    def __missing__(self, number: int) -> str:
        return "image_refer"

    def get(self, number: int, default: object = None) -> Any:
        return "image_refer" if isinstance(number, int) else default


def _seconds(_url: str) -> float:
    """Return how long a reference video is: 5 s, which every service takes."""
    return 5.0


_AROUND = Surroundings(on=SPECIFICATION, elements=_EveryElement(), video_seconds=_seconds)


def _of_klingai(product: str) -> Rules:
    return lambda body: CREATES[product](body, _AROUND)  # type: ignore[index] # a product's name


@dataclass(frozen=True)
class Endpoint:
    """Where something is made."""

    rules: Rules
    answer: Callable[[str], Mapping[str, Any]]
    """Of a good create, given the new task's id."""
    makes_element: bool = False


def _at_kling(task_id: str) -> Mapping[str, Any]:
    data = {"task_id": task_id, "task_status": "submitted", "created_at": 1_795_176_000_000}
    return {"code": 0, "message": "SUCCEED", "request_id": "upstream", "data": data}


_KLINGAI = {
    "omni-video": "/v1/videos/omni-video",
    "text2video": "/v1/videos/text2video",
    "image2video": "/v1/videos/image2video",
    "omni-image": "/v1/images/omni-image",
    "generations": "/v1/images/generations",
    ELEMENT: "/v1/general/advanced-custom-elements",
}
ENDPOINTS: Mapping[str, Mapping[str, Endpoint]] = {
    "klingai": {
        path: Endpoint(_of_klingai(product), _at_kling, makes_element=product == ELEMENT)
        for product, path in _KLINGAI.items()
    },
    "ezmodel": {
        "/kling/v1/videos/omni-video": Endpoint(
            ezmodel_rules.check, lambda task_id: {"id": task_id, "task_id": task_id, "status": ""}
        ),
        "/kling/v1/general/advanced-custom-elements": Endpoint(_of_klingai(ELEMENT), _at_kling, makes_element=True),
    },
    "apimart": {
        "/v1/videos/generations": Endpoint(
            lambda body: apimart_rules.check(body, _seconds),
            lambda task_id: {"code": 200, "data": [{"status": "submitted", "task_id": task_id}]},
        )
    },
    "unifically": {
        "/v1/tasks": Endpoint(
            unifically_rules.check,
            lambda task_id: {"code": 200, "success": True, "data": {"task_id": task_id, "status": "pending"}},
        )
    },
}


@dataclass(frozen=True)
class Sent:
    """A call that reached a service."""

    provider: str
    method: str
    path: str
    body: Mapping[str, Any] | None
    refused: str
    """Why the service would not have taken it; empty where it would."""
    makes_element: bool = False


@dataclass
class Upstream:
    """Takes the calls of all providers."""

    calls: list[Sent] = field(default_factory=list)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        json: Mapping[str, Any] | None = None,
        timeout_s: float,
        fresh_connection: bool = False,
    ) -> HttpAnswer:
        parts = urlsplit(url)
        provider = str(parts.hostname).partition(".")[0]
        endpoint = ENDPOINTS[provider].get(parts.path) if method == "POST" else None
        if endpoint is None or json is None:
            self.calls.append(Sent(provider, method, parts.path, json, "there is no such call"))
            return _answer({"code": 1203, "message": "no"}, 404)
        refused = _refusal(endpoint.rules, json)
        self.calls.append(Sent(provider, method, parts.path, json, refused, endpoint.makes_element))
        return _answer(endpoint.answer(f"task-{next(self._numbers)}"))

    def providers(self) -> Mapping[ProviderName, Provider]:
        """Return every provider, with a key, under the rules of the documents' own day."""
        return {
            name: registry.build(
                name,
                base_url=f"https://{name}.example",
                profile=registry.profile_of(name, SPECIFICATION),
                http=self,
                credentials=_Key(),
                now=lambda: 1_795_176_000.0,
            )
            for name in registry.names()
        }


class _Key:
    def get(self, *, fresh: bool = False) -> Credentials:
        return Credentials({"api_key": "fake"})


def _refusal(rules: Rules, body: Mapping[str, Any]) -> str:
    said = json.loads(json.dumps(body, ensure_ascii=False).encode())  # as it arrives
    try:
        order = rules(said)
    except Exception as error:  # noqa: BLE001 - a rule that fails has not taken it either
        is_left = any(words in str(error) for words in _LEFT_TO_THE_SERVICE)
        return "" if is_left else f"{type(error).__name__}: {error}"
    unknown = order.unknown_fields
    return f"fields that the document does not have: {unknown}" if unknown else ""


def _answer(body: Mapping[str, Any], status: int = 200) -> HttpAnswer:
    return HttpAnswer(status, {"content-type": "application/json"}, json.dumps(body).encode())
