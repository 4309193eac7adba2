"""The HTTP API's front: routes of the translated OpenAPI body, payload format 2.0 in, responses out."""

import base64
import contextlib
import json
import re
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote

from typing_extensions import override

from local.cloud.background import Log
from local.cloud.lambdas import FunctionPool, PayloadTooLargeError
from local.cloud.model import HttpApi
from local.cloud.runtime import QuickHandler
from local.cloud.template import TemplateError

_BODY_LIMIT = 10 * 1024 * 1024
_LONGEST_S = 30.0  # then API Gateway no longer waits
_INTEGRATION = {"httpMethod", "payloadFormatVersion", "type", "uri"}
_TEXT = re.compile(r"text/|application/(json|javascript|xml|[^;]*\+(json|xml))\b")
_PARTS = {1: "([^/]+)", 2: "(.+)"}
_FUNCTION = re.compile(r"functions/(.+)/invocations")


@dataclass(frozen=True)
class _Route:
    key: str
    method: str
    pattern: re.Pattern[str]
    names: tuple[str, ...]
    rank: tuple[int, ...]
    pool: FunctionPool


class _Response(NamedTuple):
    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes


class Front(ThreadingHTTPServer):
    """A server that answers like API Gateway. It listens from the start, and answers 503 until it has an API.

    `log` gets a line per request: method, route (never the path), status, milliseconds.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, log: Log) -> None:
        self._log = log
        self._account, self._api_id, self._routes = "", "", list[_Route]()
        self.connections = set[socket.socket]()
        super().__init__(("127.0.0.1", port), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self._thread = threading.Thread(target=self.serve_forever, args=(0.1,), name="http-api", daemon=True)
        self._thread.start()

    def serve(self, api: HttpApi, account: str, pool: Callable[[str], FunctionPool]) -> None:
        """Answer with an API's routes from now on; TemplateError if the API has something that is not done here."""
        self._account, self._api_id = account, api.api_id
        self._routes = sorted(_routes(api, pool), key=lambda route: route.rank)

    def close(self) -> None:
        """Stop to listen; requests in progress are cut off."""
        self.shutdown()
        self.server_close()
        for connection in list(self.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._thread.join(2)

    @override
    def handle_error(self, *_args: Any) -> None:
        """Do nothing: a client that goes away is no error."""

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes, source_ip: str) -> _Response:
        """Answer one request, and log it."""
        begun = time.monotonic()
        path = path_of(target)
        key, response = "-", _message(404, "Not Found") if self._routes else _message(503, "Service Unavailable")
        for route in self._routes:
            match = route.pattern.fullmatch(path)
            if match and route.method in {"ANY", method}:
                key, values = route.key, dict(zip(route.names, match.groups(), strict=True))
                event = event_of(method, target, headers, body, source_ip=source_ip)
                event["requestContext"] |= {"accountId": self._account, "apiId": self._api_id, "routeKey": key}
                event |= {"routeKey": key, **({"pathParameters": values} if values else {})}
                response = _invoke(route.pool, event, len(body))
                break
        self._log("http", f"{method} {key} {response.status} {(time.monotonic() - begun) * 1000:.0f} ms")
        return response


class _Handler(QuickHandler):
    server: Front

    @override
    def setup(self) -> None:
        super().setup()
        self.server.connections.add(self.connection)

    @override
    def finish(self) -> None:
        self.server.connections.discard(self.connection)
        with contextlib.suppress(OSError):
            super().finish()

    def _serve(self) -> None:
        headers: dict[str, str] = {}
        for name, value in self.headers.items():
            key, separator = name.lower(), "; " if name.lower() == "cookie" else ","
            headers[key] = f"{headers[key]}{separator}{value}" if key in headers else value
        source_ip = str(self.client_address[0])
        response = self.server.answer(self.command, self.path, headers, self._read_body(), source_ip)
        has_body = response.status not in {204, 304}
        self.send_response_only(response.status)
        for name, value in response.headers:
            self.send_header(name, value)
        if has_body:
            self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if has_body and self.command != "HEAD":
            self.wfile.write(response.body)
        self.wfile.flush()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve  # noqa: N815

    def _read_body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return b"".join(chunks)


def _invoke(pool: FunctionPool, event: dict[str, Any], size: int) -> _Response:
    try:
        if size > _BODY_LIMIT:
            raise PayloadTooLargeError  # noqa: TRY301 - as if the function had been asked
        result = pool.invoke(json.dumps(event).encode())
        return _message(500, "Internal Server Error") if result.error else _response(result.json())
    except PayloadTooLargeError:
        return _message(413, "Request Entity Too Large")
    except (AttributeError, TypeError, ValueError):  # an answer that makes no response
        return _message(500, "Internal Server Error")


def path_of(target: str) -> str:
    """Return the path that a request's target names: API Gateway decodes first, then cuts at a question mark, even if encoded."""
    return unquote(target.split("?", 1)[0]).split("?", 1)[0] or "/"


def event_of(method: str, target: str, headers: dict[str, str], body: bytes, *, source_ip: str) -> dict[str, Any]:
    """Return a request in payload format 2.0, but for what its route says; header names are in lower case."""
    domain, now = headers.get("host", ""), datetime.now(UTC)
    cookies = [cookie.strip() for cookie in headers.pop("cookie", "").split(";")]
    headers |= {"x-forwarded-for": source_ip, "x-forwarded-proto": "http"}
    headers["x-forwarded-port"] = domain.rpartition(":")[2] or "80"
    path, raw_query = path_of(target), target.partition("?")[2]
    http = {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": source_ip}
    query = dict[str, str]()
    for name, value in parse_qsl(raw_query, keep_blank_values=True):
        query[name] = f"{query[name]},{value}" if name in query else value
    event: dict[str, Any] = {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": raw_query,
        "headers": headers,
        "requestContext": {
            "domainName": domain,
            "domainPrefix": domain.split(":")[0].split(".")[0],
            "http": {**http, "userAgent": headers.get("user-agent", "")},
            "requestId": uuid.uuid4().hex[:16],
            "stage": "$default",
            "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "timeEpoch": int(now.timestamp() * 1000),
        },
        "isBase64Encoded": False,
    }
    if query:
        event["queryStringParameters"] = query
    if cookies != [""]:
        event["cookies"] = cookies
    if body:
        event |= {"isBase64Encoded": True, "body": base64.b64encode(body).decode()}
        if _TEXT.match(headers.get("content-type", "").lower()):
            with contextlib.suppress(UnicodeDecodeError):
                event |= {"body": body.decode(), "isBase64Encoded": False}
    return event


def _routes(api: HttpApi, pool: Callable[[str], FunctionPool]) -> Iterator[_Route]:
    if extensions := [name for name in api.body if name.startswith("x-amazon-")]:
        raise TemplateError(f"{api.logical_id}: {extensions[0]} has no counterpart here")
    for path, item in api.body["paths"].items():
        for name, operation in item.items():
            # The translator writes the route of everything else as the path `$default` or `/$default`.
            method = "ANY" if name == "x-amazon-apigateway-any-method" else name.upper()
            key = "$default" if path.removeprefix("/") == "$default" else f"{method} {path}"
            integration = operation["x-amazon-apigateway-integration"]
            function = _FUNCTION.search(str(integration["uri"]))
            if operation.get("security") or not function or set(integration) != _INTEGRATION:
                raise TemplateError(f"{api.logical_id}: {key}: only open routes straight to functions are served")
            if pool(function[1]).function.timeout_s > _LONGEST_S:
                raise TemplateError(f"{api.logical_id}: {key}: the function may take longer than the API waits")
            parts, names = path.split("/"), tuple(re.findall(r"\{(\w+)\+?\}", path))
            pattern = re.compile("/".join(_PARTS.get(_kind(part), re.escape(part)) for part in parts), re.DOTALL)
            rank = (*(_kind(part) for part in parts), method == "ANY")  # what says more comes first
            if key == "$default":
                pattern, rank = re.compile(".*", re.DOTALL), (9,)
            yield _Route(key, method, pattern, names, rank, pool(function[1]))


def _kind(part: str) -> int:
    """Tell whether a part of a path is a word (0), a parameter (1), or one that takes the rest (2)."""
    return 0 if part[:1] != "{" else 2 if part.endswith("+}") else 1


def _message(status: int, text: str) -> _Response:
    return _Response(status, [("Content-Type", "application/json")], json.dumps({"message": text}).encode())


def _response(answer: Any) -> _Response:  # noqa: ANN401 - whatever the handler returned
    if not isinstance(answer, dict) or "statusCode" not in answer:
        # Format 2.0 takes an answer without a status for the body of a 200.
        body = answer if isinstance(answer, str) else json.dumps(answer)
        return _Response(200, [("Content-Type", "application/json")], body.encode())
    given = answer.get("body", "")
    body = given if isinstance(given, str) else "" if given is None else json.dumps(given)
    data = base64.b64decode(body, validate=True) if answer.get("isBase64Encoded") else body.encode()
    headers = {"content-type": ("Content-Type", "text/plain;charset=UTF-8")}
    for name, value in (answer.get("headers") or {}).items():
        if name.lower() not in {"content-length", "transfer-encoding", "connection"}:
            headers[name.lower()] = (name, str(value).lower() if isinstance(value, bool) else str(value))
    cookies = [("Set-Cookie", str(cookie)) for cookie in answer.get("cookies") or []]
    request_id = ("Apigw-Requestid", uuid.uuid4().hex[:16])
    return _Response(int(answer["statusCode"]), [*headers.values(), *cookies, request_id], data)
