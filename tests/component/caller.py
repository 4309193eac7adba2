"""The API function, spoken to as API Gateway does (HTTP API, payload 2.0)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from klingway.domain.keys import Keyring

from tests.component.world import MASTER

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from klingway.domain.keys import ApiKey


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    text: str

    def json(self) -> Any:
        return json.loads(self.text)


@dataclass(frozen=True)
class Api:
    """The API, spoken to as API Gateway does."""

    handle: Callable[[Mapping[str, Any]], Any]

    def call(self, key: ApiKey | None, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        parts = urlsplit(path)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named |= {"host": "gateway.example", "content-type": "application/json"}
        if key is not None:
            named["authorization"] = f"Bearer {Keyring([MASTER]).api_key(key)}"
        http = {"method": method, "path": parts.path, "protocol": "HTTP/1.1", "sourceIp": "1.2.3.4", "userAgent": "x"}
        event = {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": parts.path,
            "rawQueryString": parts.query,
            "queryStringParameters": dict(parse_qsl(parts.query)),
            "headers": named,
            "requestContext": {"domainName": "gateway.example", "http": http, "requestId": "1", "stage": "$default"},
            "body": None if body is None else json.dumps(body),
            "isBase64Encoded": False,
        }
        said = self.handle(event)
        headers = {name.lower(): value for name, value in said["headers"].items()}
        return Answer(said["statusCode"], headers, said.get("body") or "")
