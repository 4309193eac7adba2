import http.client
import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from local.cloud import LocalCloud
from local.cloud.template import TemplateError
from tests.twin.conftest import Twin


def event(twin: Twin, *args: object) -> dict:
    answer = twin.request(*args)
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


@pytest.mark.parametrize(
    ("method", "path", "route", "values"),
    [
        ("GET", "/hello/me", "GET /hello/me", None),
        ("GET", "/hello/a%20b%2Bc+d", "GET /hello/{name}", {"name": "a b+c+d"}),
        ("GET", "/hello/%C3%A9", "GET /hello/{name}", {"name": "é"}),
        ("POST", "/hello/me", "$default", None),
        ("PUT", "/files/b.txt", "ANY /files/{path}", {"path": "b.txt"}),
        ("GET", "/files/", "$default", None),
        ("GET", "/", "$default", None),
        ("GET", "/hello/x/y", "$default", None),
    ],
)
def test_routes(twin: Twin, method: str, path: str, route: str, values: dict[str, str] | None) -> None:
    """The most specific route wins, a method before ANY, and `$default` takes the rest; parameters are decoded."""
    seen = event(twin, method, path)
    assert seen["routeKey"] == seen["requestContext"]["routeKey"] == route
    assert seen.get("pathParameters") == values


def test_event_shape(twin: Twin) -> None:
    """Payload format 2.0: names in lower case, cookies apart, repeated query names joined, no header lost."""
    seen = event(
        twin,
        "GET",
        "/hello/a%3Fb?x=1&x=2&flag&e=a%2Cb",
        None,
        {"X-One": "1", "Cookie": "a=1; b=2", "User-Agent": "probe"},
    )
    assert seen["version"] == "2.0"
    assert seen["rawPath"] == "/hello/a"
    assert seen["rawQueryString"] == "x=1&x=2&flag&e=a%2Cb"
    assert seen["queryStringParameters"] == {"x": "1,2", "flag": "", "e": "a,b"}
    assert seen["cookies"] == ["a=1", "b=2"]
    assert "cookie" not in seen["headers"]
    assert seen["headers"]["x-one"] == "1"
    context = seen["requestContext"]
    assert context["domainName"] == seen["headers"]["host"] == twin.url.removeprefix("http://")
    assert context["http"] == {
        "method": "GET",
        "path": "/hello/a",
        "protocol": "HTTP/1.1",
        "sourceIp": "127.0.0.1",
        "userAgent": "probe",
    }
    assert context["stage"] == "$default"
    assert abs(context["timeEpoch"] / 1000 - time.time()) < 5
    assert "body" not in seen
    assert seen["isBase64Encoded"] is False


@pytest.mark.parametrize(
    ("kind", "body", "expected", "encoded"),
    [
        ("application/json", b'{"a": "\xc3\xa9"}', '{"a": "é"}', False),
        ("text/plain; charset=utf-8", b"hi", "hi", False),
        ("application/problem+json", b"{}", "{}", False),
        ("application/octet-stream", b"\x00\x01", "AAE=", True),
        ("application/x-www-form-urlencoded", b"a=b", "YT1i", True),
        ("text/plain", b"\xff", "/w==", True),
        ("", b"hi", "aGk=", True),
    ],
)
def test_bodies(twin: Twin, kind: str, body: bytes, expected: str, encoded: bool) -> None:  # noqa: FBT001
    """Text types arrive as text, everything else in Base64."""
    seen = event(twin, "POST", "/", body, {"Content-Type": kind} if kind else {})
    assert (seen["body"], seen["isBase64Encoded"]) == (expected, encoded)


def test_responses(twin: Twin) -> None:
    """Status, headers, cookies and Base64 are taken from the answer; an answer without status is the body of a 200."""
    pot = twin.request("GET", "/?do=teapot")
    assert (pot.status, pot.body, pot.headers["x-kind"]) == (418, b"\x00\x01\x02", "pot")
    assert pot.headers.get_all("set-cookie") == ["a=1", "b=2"]
    assert pot.headers["content-type"] == "image/png"
    plain = twin.request("GET", "/?do=plain")
    assert (plain.status, json.loads(plain.body)) == (200, {"free": "form"})
    assert plain.headers["content-type"] == "application/json"


@pytest.mark.parametrize("do", ["raise", "odd", "crash", "big"])
def test_failing_handlers(twin: Twin, do: str) -> None:
    """Errors, crashes and unusable or too large answers are 500 with API Gateway's own body."""
    answer = twin.request("GET", f"/?do={do}")
    assert answer.status == 500
    assert json.loads(answer.body) == {"message": "Internal Server Error"}


def test_too_large_requests(twin: Twin) -> None:
    """Over 10 MB, and over what fits into an event of 6 MB, is 413."""
    for size in (5_000_000, 11_000_000):
        answer = twin.request("POST", "/", b"x" * size, {"Content-Type": "application/octet-stream"})
        assert answer.status == 413
        assert json.loads(answer.body) == {"message": "Request Entity Too Large"}


def test_a_function_that_api_gateway_would_not_wait_for(template: Callable[[str], Path]) -> None:
    """It fails the start: API Gateway waits for 30 seconds."""
    text = """
Resources:
  Slow:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.13
      Handler: app.handler
      CodeUri: functions/probe
      Timeout: 31
      Events: {Get: {Type: HttpApi, Properties: {Method: GET, Path: "/"}}}
"""
    with pytest.raises(TemplateError, match="longer than the API waits"), LocalCloud(template(text)):
        pass


def test_a_greedy_path_takes_the_rest_and_yields_to_what_says_more(twin: Twin) -> None:
    """`/all/{rest+}` with any method: slashes belong to the parameter; a whole path of its own comes first."""
    seen = event(twin, "PUT", "/all/a/b%2Fc/d")

    assert ("ANY /all/{rest+}", {"rest": "a/b/c/d"}) == (seen["routeKey"], seen["pathParameters"])
    assert "GET /all/one" == event(twin, "GET", "/all/one")["routeKey"]
    assert "$default" == event(twin, "GET", "/all")["routeKey"]


def test_one_connection_serves_many_requests(twin: Twin) -> None:
    """Connections stay open: HEAD, bodies and chunks one after the other on one of them."""
    connection = http.client.HTTPConnection(twin.url.removeprefix("http://"), timeout=10)
    connection.connect()
    sock = connection.sock
    for _ in range(3):
        connection.request("HEAD", "/hello/me")
        response = connection.getresponse()
        assert (response.status, response.read()) == (200, b"")
        assert int(response.headers["content-length"]) > 100
        connection.request("POST", "/", iter([b"ab", b"cd"]), {"Content-Type": "text/plain"}, encode_chunked=True)
        assert json.loads(connection.getresponse().read())["body"] == "abcd"
    assert connection.sock is sock
    connection.close()


def test_warm_round_trip_is_quick(twin: Twin) -> None:
    """A warm request takes a few milliseconds (the bound leaves room for a busy machine)."""
    connection = http.client.HTTPConnection(twin.url.removeprefix("http://"), timeout=10)
    durations = []
    for _ in range(30):
        begun = time.monotonic()
        connection.request("GET", "/?do=plain")
        connection.getresponse().read()
        durations.append(time.monotonic() - begun)
    connection.close()
    assert sorted(durations)[15] < 0.02


def test_log_names_routes_not_paths(twin: Twin) -> None:
    """The log has a line per request, in which a token in the path does not appear."""
    twin.request("GET", "/hello/secret-token")
    assert any(line.startswith("GET GET /hello/{name} 200") for source, line in twin.lines if source == "http")
    assert not any("secret-token" in line for _, line in twin.lines)
