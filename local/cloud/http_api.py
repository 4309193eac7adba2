"""The HTTP API's front: routes of the translated OpenAPI body, payload format 2.0 in, responses out."""

import base64
import contextlib
import json
import re
import socket
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote

from typing_extensions import override

from local.cloud.background import Log
from local.cloud.lambdas import FunctionPool, PayloadTooLargeError, StillRunningError, ThrottledError
from local.cloud.model import HttpApi
from local.cloud.template import TemplateError

_BODY_LIMIT = 10 * 1024 * 1024
_ANY = "x-amazon-apigateway-any-method"
_DEFAULT = "$default"
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", _ANY)
_TEXT = re.compile(r"text/|application/(json|javascript|xml|[^;]*\+(json|xml))\b")
_FUNCTION = re.compile(r"functions/(.+)/invocations")


@dataclass(frozen=True)
class _Route:
    key: str
    method: str
    pattern: re.Pattern[str]
    names: tuple[str, ...]
    rank: tuple[int, ...]
    pool: FunctionPool
    timeout_s: float


class Front:
    """A server that answers like API Gateway. It listens from the start, and answers 503 until it has an API.

    Args:
        host: The address to listen on.
        port: The port; 0 takes a free one.
        log: Gets a line per request: method, route (never the path), status, milliseconds.

    Attributes:
        url: The base URL, without a slash at the end.
        timeout_s: Seconds after which a request is answered 503; the function goes on.
    """

    def __init__(self, host: str, port: int, log: Log) -> None:
        self.timeout_s = 30.0
        self._log = log
        self._api: HttpApi | None = None
        self._account = ""
        self._routes: list[_Route] = []
        self._server = _Server((host, port), self)
        shown = "127.0.0.1" if host in {"", "0.0.0.0"} else host  # noqa: S104 - compared, not bound
        self.url = f"http://{shown}:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), name="http-api", daemon=True)
        self._thread.start()

    def serve(self, api: HttpApi, account: str, pool: Callable[[str], FunctionPool]) -> None:
        """Answer with an API's routes from now on.

        Args:
            api: The API.
            account: The account id that functions are told.
            pool: Gives a function by its ARN.

        Raises:
            TemplateError: The body asks for something that this front does not do.
        """
        self._account = account
        self._routes = sorted(_routes(api, pool), key=lambda route: route.rank)
        self._api = api

    def close(self) -> None:
        """Stop to listen; requests in progress are cut off."""
        self._server.shutdown()
        self._server.server_close()
        for connection in list(self._server.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._thread.join(2)

    def answer(self, request: "_Request") -> "_Response":
        """Answer one request, and log it."""
        begun = time.monotonic()
        route_key, response = self._answer(request)
        duration_ms = (time.monotonic() - begun) * 1000
        self._log("http", f"{request.method} {route_key} {response.status} {duration_ms:.0f} ms")
        return response

    def _answer(self, request: "_Request") -> "tuple[str, _Response]":
        if request.body is None:
            return "-", _message(413, "Request Entity Too Large")
        if self._api is None:
            return "-", _message(503, "Service Unavailable")
        # API Gateway decodes first, and then cuts at a question mark even if that was encoded.
        path = unquote(request.target.split("?", 1)[0]).split("?", 1)[0] or "/"
        for route in self._routes:
            match = route.pattern.fullmatch(path)
            if match and route.method in {"ANY", request.method}:
                values = dict(zip(route.names, match.groups(), strict=True))
                event = _event(request, route.key, path, values, self._account, self._api.api_id)
                return route.key, self._invoke(route, event)
        return "-", _message(404, "Not Found")

    def _invoke(self, route: _Route, event: dict[str, Any]) -> "_Response":
        try:
            result = route.pool.invoke(json.dumps(event).encode(), min(route.timeout_s, self.timeout_s))
            return _message(500, "Internal Server Error") if result.error else _response(result.json())
        except PayloadTooLargeError:
            return _message(413, "Request Entity Too Large")
        except (StillRunningError, ThrottledError):
            return _message(503, "Service Unavailable")
        except (AttributeError, TypeError, ValueError):  # an answer that makes no response
            return _message(500, "Internal Server Error")


@dataclass(frozen=True)
class _Request:
    method: str
    target: str
    protocol: str
    headers: Mapping[str, str]  # lower-case names, repeated ones joined
    source_ip: str
    body: bytes | None  # None: over the limit


@dataclass(frozen=True)
class _Response:
    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], front: Front) -> None:
        self.front, self.connections = front, set[socket.socket]()
        super().__init__(address, _Handler)

    @override
    def handle_error(self, *_args: Any) -> None:
        """Do nothing: a client that goes away is no error."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    # Headers and body leave in one packet, at once.
    wbufsize = -1
    disable_nagle_algorithm = True

    @override
    def setup(self) -> None:
        super().setup()
        self.server.connections.add(self.connection)

    @override
    def finish(self) -> None:
        self.server.connections.discard(self.connection)
        with contextlib.suppress(OSError):
            super().finish()

    @override
    def handle_expect_100(self) -> bool:
        super().handle_expect_100()
        self.wfile.flush()
        return True

    @override
    def log_message(self, *_args: Any) -> None:
        """Log nothing: paths may hold tokens."""

    def _serve(self) -> None:
        headers: dict[str, str] = {}
        for name, value in self.headers.items():
            key, separator = name.lower(), "; " if name.lower() == "cookie" else ","
            headers[key] = f"{headers[key]}{separator}{value}" if key in headers else value
        request = _Request(
            self.command, self.path, self.request_version, headers, str(self.client_address[0]), self._read_body()
        )
        response = self.server.front.answer(request)
        self.send_response_only(response.status)
        if response.status >= 200 and response.status not in {204, 304}:  # noqa: PLR2004 - those have no body
            self.send_header("Content-Length", str(len(response.body)))
        for name, value in response.headers:
            self.send_header(name, value)
        if request.body is None:
            # What is left of the body would be taken for the next request on this connection.
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD" and response.status not in {204, 304}:
            self.wfile.write(response.body)
        self.wfile.flush()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve  # noqa: N815

    def _read_body(self) -> bytes | None:
        """The body, or None if it is over the limit; that is read all the same, since clients write before they read."""
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            chunks = b""
            while size := int(self.rfile.readline(100).split(b";")[0], 16):
                if len(chunks) <= _BODY_LIMIT:
                    chunks += self.rfile.read(size)
                else:
                    self.rfile.read(size)
                self.rfile.readline(100)
            while self.rfile.readline(8192).strip():
                pass
            return chunks if len(chunks) <= _BODY_LIMIT else None
        length = int(self.headers.get("Content-Length") or 0)
        if length <= _BODY_LIMIT:
            return self.rfile.read(length)
        left = min(length, 8 * _BODY_LIMIT)
        while left > 0 and (chunk := self.rfile.read(min(left, 1 << 20))):
            left -= len(chunk)
        return None


def _event(
    request: _Request, route_key: str, path: str, values: Mapping[str, str], account: str, api_id: str
) -> dict[str, Any]:
    """The request in payload format 2.0."""
    domain, now = request.headers.get("host", ""), datetime.now(UTC)
    headers = {name: value for name, value in request.headers.items() if name != "cookie"}
    headers |= {"x-forwarded-for": request.source_ip, "x-forwarded-proto": "http"}
    headers["x-forwarded-port"] = domain.rpartition(":")[2] or "80"
    raw_query, query = request.target.partition("?")[2], dict[str, str]()
    for name, value in parse_qsl(raw_query, keep_blank_values=True):
        query[name] = f"{query[name]},{value}" if name in query else value
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": path,
        "rawQueryString": raw_query,
        "headers": headers,
        "requestContext": {
            "accountId": account,
            "apiId": api_id,
            "domainName": domain,
            "domainPrefix": domain.split(":")[0].split(".")[0],
            "http": {
                "method": request.method,
                "path": path,
                "protocol": request.protocol,
                "sourceIp": request.source_ip,
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": uuid.uuid4().hex[:16],
            "routeKey": route_key,
            "stage": "$default",
            "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "timeEpoch": int(now.timestamp() * 1000),
        },
        "isBase64Encoded": False,
    }
    if query:
        event["queryStringParameters"] = query
    if values:
        event["pathParameters"] = dict(values)
    if "cookie" in request.headers:
        event["cookies"] = [cookie.strip() for cookie in request.headers["cookie"].split(";")]
    if request.body:
        text = _decoded(request.body) if _TEXT.match(headers.get("content-type", "").lower()) else None
        event["isBase64Encoded"] = text is None
        event["body"] = base64.b64encode(request.body).decode() if text is None else text
    return event


def _routes(api: HttpApi, pool: Callable[[str], FunctionPool]) -> list[_Route]:
    body, found = api.body, []
    if extensions := [name for name in body if name.startswith("x-amazon-")]:
        raise TemplateError(f"{api.logical_id}: {extensions[0]} has no counterpart here")
    for path, item in body.get("paths", {}).items():
        if unknown := set(item) - set(_METHODS):
            raise TemplateError(f"{api.logical_id}: {path}: {sorted(unknown)} has no counterpart here")
        for method, operation in item.items():
            # The translator writes the route of everything else as the path `/$default`, marked as what it is.
            path = _DEFAULT if path.removeprefix("/") == _DEFAULT else path  # noqa: PLW2901
            key = _DEFAULT if path == _DEFAULT else f"{'ANY' if method == _ANY else method.upper()} {path}"
            integration = operation["x-amazon-apigateway-integration"]
            function = _FUNCTION.search(str(integration.get("uri")))
            if operation.get("security") or integration.get("payloadFormatVersion") != "2.0" or not function:
                raise TemplateError(f"{api.logical_id}: {key}: only open routes to functions in format 2.0 are served")
            pattern, names, rank = _path(path)
            found.append(
                _Route(
                    key=key,
                    method="ANY" if method == _ANY else method.upper(),
                    pattern=pattern,
                    names=names,
                    rank=(*rank, method == _ANY),
                    pool=pool(function[1]),
                    timeout_s=integration.get("timeoutInMillis", 30_000) / 1000,
                )
            )
    return found


def _path(path: str) -> tuple[re.Pattern[str], tuple[str, ...], tuple[int, ...]]:
    """A route's pattern, its parameters, and a rank: the lowest of the matching routes serves the request."""
    if path == _DEFAULT:
        return re.compile(".*", re.DOTALL), (), (9,)
    pattern, names, rank = "", [], []
    for part in path.removeprefix("/").split("/"):
        greedy, variable = part.endswith("+}"), part.startswith("{")
        if variable:
            names.append(part.strip("{}+"))
        pattern += "/" + ("(.+)" if greedy else "([^/]+)" if variable else re.escape(part))
        rank.append(2 if greedy else 1 if variable else 0)
    return re.compile(pattern, re.DOTALL), tuple(names), tuple(rank)


def _decoded(body: bytes) -> str | None:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None


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
