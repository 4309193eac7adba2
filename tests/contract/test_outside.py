"""HTTP outwards: what a failed call says of itself, and whose media is fetched at all."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

import httpcore
import pytest
from klingway.adapters.http import MAX_POSTED_ANSWER_BYTES, GuardedMedia, GuardedPosts, HttpxCalls
from klingway.adapters.media_info import measure
from klingway.providers.contract import AnswerLostError, NotSentError
from klingway.use_cases.ports import Measured, MediaError, Posted, PostError

from local.simulators.media import ClipSpec, make_clip, make_cover

Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def serving(answer: Answer) -> Iterator[str]:
    """Serve one answer to everything on a free port of this machine; yield the origin."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            answer(self)

        do_POST = do_GET  # noqa: N815 - http.server's name

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def sends(
    body: bytes, *, status: int = 200, content_type: str = "video/mp4", length: int | None = None, **headers: str
) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", content_type)
        handler.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)
        handler.close_connection = length is not None

    return answer


def fetch(url: str, trusted: list[str], *, longest_s: float = 20.0) -> bytes:
    with GuardedMedia(trusted, longest_s=longest_s).open(url) as opened:
        return b"".join(opened.chunks)


def call(url: str, *, timeout_s: float = 2.0, fresh: bool = True) -> int:
    calls = HttpxCalls()
    try:
        return calls.call(
            "POST", url, headers={"A": "b"}, json={"a": 1}, timeout_s=timeout_s, fresh_connection=fresh
        ).status
    finally:
        calls._kept.close()  # noqa: SLF001 - Lambda never closes it; a test has to


# ------------------------------------------------------------------------------------------------ calls to providers


def test_a_port_that_nobody_listens_on_was_not_sent_to() -> None:
    """A connection that never came about says so: nothing was created."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(NotSentError):
            call(f"http://127.0.0.1:{unused.getsockname()[1]}")


@pytest.mark.parametrize("fresh", [True, False], ids=["creating", "querying"])
def test_an_answer_that_does_not_come_is_lost(fresh: bool) -> None:  # noqa: FBT001
    """The call went out and the time was up: a task may exist."""
    gate = threading.Event()
    with serving(lambda _: gate.wait(5) and None) as origin:
        with pytest.raises(AnswerLostError):
            call(origin, timeout_s=0.2, fresh=fresh)
        gate.set()


def test_a_connection_closed_without_an_answer_is_lost() -> None:
    """A reset after the request was read: a task may exist."""
    with serving(lambda handler: setattr(handler, "close_connection", True)) as origin, pytest.raises(AnswerLostError):
        call(origin)


def test_an_answer_that_drips_is_ended_in_time() -> None:
    """Each byte comes in time, the whole never would: the bound is of the whole call."""

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        for _ in range(100):
            handler.wfile.write(b"x")
            time.sleep(0.05)

    with serving(drip) as origin, pytest.raises(AnswerLostError, match="too long"):
        call(origin, timeout_s=0.3)


def test_a_redirect_of_a_provider_is_not_followed() -> None:
    """Credentials go to the configured host alone: a redirect comes back as it is."""
    with serving(sends(b"", status=302, Location="http://127.0.0.1:1/")) as origin:
        assert 302 == call(origin)


@pytest.mark.parametrize(("fresh", "connections"), [(True, 3), (False, 1)], ids=["creating", "querying"])
def test_a_creating_call_takes_a_connection_of_its_own(fresh: bool, connections: int) -> None:  # noqa: FBT001
    """A kept connection may be dead after a freeze, which would leave a creation in doubt; for a query it will do."""
    ports: list[int] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        ports.append(handler.client_address[1])
        handler.rfile.read(int(handler.headers["Content-Length"]))
        sends(b"{}")(handler)

    calls = HttpxCalls()
    with serving(answer) as origin:
        for _ in range(3):
            calls.call("POST", origin, headers={}, json={}, timeout_s=2, fresh_connection=fresh)
        calls._kept.close()  # noqa: SLF001 - Lambda never closes it; a test has to

    assert (3, connections) == (len(ports), len(set(ports)))


def test_no_address_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The link of a result is as good as the result: at INFO, which Lambda shows, nobody writes it down."""
    caplog.set_level("INFO")

    with serving(sends(b"film")) as origin:
        fetch(f"{origin}/v.mp4?Signature=secret", [origin])

    assert [] == [record.getMessage() for record in caplog.records if "secret" in record.getMessage()]


# ---------------------------------------------------------------------------------------------------- outside media


def test_media_of_a_trusted_origin_is_fetched() -> None:
    """An origin named in the settings may lie on this machine."""
    with serving(sends(b"film")) as origin:
        assert b"film" == fetch(f"{origin}/v.mp4", [origin])


def test_media_on_this_machine_is_refused_by_default() -> None:
    """Nobody can have the worker fetch from its own loopback: the request never arrives."""
    arrived: list[str] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        arrived.append(handler.path)
        sends(b"secret")(handler)

    with serving(answer) as origin, pytest.raises(MediaError):
        fetch(f"{origin}/v.mp4", [])
    assert [] == arrived


SPELLINGS = (
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "0", "0.0.0.0",  # noqa: S104 - refused, not bound
    "localhost", "LOCALHOST", "[::1]", "[0:0:0:0:0:0:0:1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
    "\uff11\uff12\uff17.0.0.1", "127\u30020\u30020\u30021", "\u2460\u2461\u2466.0.0.1",
    "user:secret@127.0.0.1", "example.com@127.0.0.1", "169.254.169.254", "2852039166", "0xa9fea9fe", "[::ffff:a9fe:a9fe]",
    "[fd00:ec2::254]", "[fe80::1%25lo]", "10.0.0.1", "[64:ff9b::7f00:1]", "[2002:7f00:1::]",
)  # fmt: skip
"""Of addresses that lead to this machine, or into its network."""


@pytest.mark.parametrize("host", SPELLINGS)
def test_no_spelling_of_an_inner_address_is_connected_to(host: str) -> None:
    """However it is written, nothing arrives on this machine, neither for media nor for a message."""
    arrived: list[str] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        arrived.append(handler.path)
        sends(b"secret")(handler)

    with serving(answer) as origin:
        url = f"http://{host}:{origin.rpartition(':')[2]}/latest/meta-data"
        with pytest.raises(MediaError):
            fetch(url, [])
        with pytest.raises(PostError):
            post(url, [])
    assert [] == arrived


@pytest.mark.parametrize(
    "to",
    ["//127.1:{port}/", "http://[::ffff:127.0.0.1]:{port}/", "file:///etc/passwd", "gopher://127.0.0.1:{port}/", ""],
)
def test_a_redirect_by_a_trick_is_refused(to: str) -> None:
    """To another spelling of this machine, to another scheme, or to nowhere: nothing arrives, and nothing is read."""
    arrived: list[str] = []

    def inside(handler: BaseHTTPRequestHandler) -> None:
        arrived.append(handler.path)
        sends(b"secret")(handler)

    with serving(inside) as private:
        location = to.format(port=private.rpartition(":")[2])
        with serving(sends(b"", status=302, Location=location)) as origin, pytest.raises(MediaError):
            fetch(f"{origin}/v.mp4", [origin])
    assert [] == arrived


@pytest.mark.parametrize("drips", ["headers", "body"])
def test_media_that_drips_is_ended_in_time(drips: str) -> None:
    """Each byte comes in time, the whole never would: the worker is not held up until it is ended itself."""

    def drip(handler: BaseHTTPRequestHandler) -> None:
        if drips == "body":
            handler.send_response(200)
            handler.send_header("Content-Type", "video/mp4")
            handler.send_header("Content-Length", "1000")
            handler.end_headers()
        else:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        for _ in range(100):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.05)

    began = time.monotonic()
    with serving(quietly(drip)) as origin, pytest.raises(MediaError, match="ReadTimeout") as ended:
        fetch(origin, [origin], longest_s=0.5)
    assert not ended.value.is_permanent
    assert time.monotonic() - began < 3


def test_redirects_share_one_time() -> None:
    """A host that takes its time and sends on to another that does is not given the time twice."""

    def slow(then: Answer) -> Answer:
        def answer(handler: BaseHTTPRequestHandler) -> None:
            time.sleep(0.4)
            then(handler)

        return quietly(answer)

    with (
        serving(slow(sends(b"film"))) as second,
        serving(slow(sends(b"", status=302, Location=second))) as first,
        pytest.raises(MediaError, match="Timeout"),
    ):
        fetch(first, [first, second], longest_s=0.6)


@pytest.mark.parametrize("user", ["me:secret@", ""], ids=["a password", "a cookie"])
def test_a_redirect_carries_no_credential_on(user: str) -> None:
    """What stood in the first address, or was set as a cookie there, is not told to another origin."""
    arrived: list[set[str]] = []

    def elsewhere(handler: BaseHTTPRequestHandler) -> None:
        arrived.append({name.lower() for name in handler.headers})
        sends(b"film")(handler)

    with serving(elsewhere) as second:
        moved = sends(b"", status=302, Location=f"{second}/v.mp4", **{"Set-Cookie": "who=acme; Path=/"})
        with serving(moved) as first:
            assert b"film" == fetch(first.replace("://", f"://{user}"), [first, second])
    (headers,) = arrived
    assert not {"authorization", "cookie", "referer"} & headers


def test_a_name_is_looked_up_once_and_that_address_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads elsewhere the next moment gains nothing; one that leads inside as well is refused."""
    answers: list[list[str]] = [["203.0.114.7"], ["127.0.0.1"], ["203.0.114.7", "10.0.0.1"]]
    connected: list[str] = []

    def getaddrinfo(_host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in answers.pop(0)]

    def connect_tcp(_self: Any, host: str, *_: Any, **__: Any) -> Any:
        connected.append(host)
        raise httpcore.ConnectError("not in a test")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect_tcp)

    for refused in (False, True, True):
        with pytest.raises(MediaError) as error:
            fetch("https://rebinding.example/v.mp4", [])
        assert refused == error.value.is_permanent
    assert ["203.0.114.7"] == connected


def test_a_redirect_to_this_machine_is_refused() -> None:
    """A trusted host that redirects to another port of this machine leads nowhere."""
    arrived: list[str] = []

    def inside(handler: BaseHTTPRequestHandler) -> None:
        arrived.append(handler.path)
        sends(b"secret")(handler)

    with (
        serving(inside) as private,
        serving(sends(b"", status=302, Location=f"{private}/latest")) as origin,
        pytest.raises(MediaError),
    ):
        fetch(f"{origin}/v.mp4", [origin])
    assert [] == arrived


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (sends(b"abc", length=10), "short"),
        (sends(b"", length=0), "short"),
        (sends(b"no", status=403), "403"),
        (sends(b"gone", status=404), "404"),
        (sends(b"<html>", content_type="text/html; charset=utf-8"), "text/html"),
        (sends(b"<svg/>", content_type="image/svg+xml"), "image/svg"),
        (sends(b"x", length=3 * 1024**3), "more than"),
    ],
    ids=["truncated", "empty", "refused", "missing", "a page", "a picture with scripts", "too large"],
)
def test_media_that_is_not_whole_is_an_error(answer: Answer, words: str) -> None:
    """A file that ends short, is refused, is a web page or too large is a MediaError that says which."""
    with serving(answer) as origin, pytest.raises(MediaError, match=words):
        fetch(f"{origin}/v.mp4", [origin])


@pytest.mark.parametrize(
    "url", ["ftp://example.com/x", "file:///etc/passwd", "http://", "http:///x", "nonsense", "http://[::1"]
)
def test_an_address_of_another_kind_is_refused(url: str) -> None:
    """Only http and https addresses are opened at all."""
    with pytest.raises(MediaError):
        fetch(url, [])


# -------------------------------------------------------------------------------------------------- outside messages


def post(url: str, trusted: list[str], *, longest_s: float = 5.0) -> Posted:
    return GuardedPosts(trusted, longest_s=longest_s).post(url, b'{"a": 1}', {"content-type": "application/json"})


def test_a_message_arrives_as_it_is_with_nothing_beside_it() -> None:
    """Body and headers as given; no credential, no cookie, no other body's length."""
    arrived: list[tuple[str, bytes, dict[str, str]]] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        arrived.append((handler.command, body, {name.lower(): value for name, value in handler.headers.items()}))
        sends(b"thanks", status=201, **{"Retry-After": "7"})(handler)

    with serving(answer) as origin:
        assert Posted(201, "7") == post(f"{origin}/hook?a=1", [origin])
    ((method, body, headers),) = arrived
    assert ("POST", b'{"a": 1}', "application/json") == (method, body, headers["content-type"])
    assert not {"authorization", "cookie"} & set(headers)


def test_a_receivers_cookie_is_not_kept() -> None:
    """What one tenant's receiver sets never comes with another's message."""
    arrived: list[str | None] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.rfile.read(int(handler.headers["Content-Length"]))
        arrived.append(handler.headers["Cookie"])
        sends(b"", **{"Set-Cookie": "who=acme; Path=/"})(handler)

    with serving(answer) as origin:
        posts = GuardedPosts([origin])
        for _ in range(2):
            posts.post(origin, b"{}", {})
    assert [None, None] == arrived


def test_a_message_to_this_machine_is_refused_for_good() -> None:
    """Nobody can have us post to our own loopback; nothing arrives, and another try would not either."""
    arrived: list[str] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        arrived.append(handler.path)
        sends(b"")(handler)

    with serving(answer) as origin:
        for url in (f"{origin}/hook", origin.replace("127.0.0.1", "localhost") + "/hook"):
            with pytest.raises(PostError, match="not public") as refused:
                post(url, [])
            assert refused.value.is_permanent
    assert [] == arrived


def test_a_redirect_of_a_receiver_is_an_answer() -> None:
    """It is not followed, wherever it leads."""
    arrived: list[str] = []

    def inside(handler: BaseHTTPRequestHandler) -> None:
        arrived.append(handler.path)
        sends(b"secret")(handler)

    with serving(inside) as private, serving(sends(b"", status=307, Location=f"{private}/x")) as origin:
        assert 307 == post(origin, [origin, private]).status
    assert [] == arrived


def test_a_receiver_that_drips_its_headers_is_ended_in_time() -> None:
    """Each byte comes in time, the whole never would: the bound is of the whole call."""

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        for _ in range(100):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.05)

    began = time.monotonic()
    with serving(quietly(drip)) as origin, pytest.raises(PostError, match="ReadTimeout") as ended:
        post(origin, [origin], longest_s=0.5)
    assert not ended.value.is_permanent
    assert time.monotonic() - began < 3


def test_a_status_that_came_counts_whatever_comes_after_it() -> None:
    """A body that drips on beyond the time, or breaks off, changes nothing: nobody reads it."""

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        for _ in range(40):
            handler.wfile.write(b"x")
            time.sleep(0.05)

    for answer in (drip, sends(b"abc", length=10)):
        with serving(quietly(answer)) as origin:
            assert Posted(200, None) == post(origin, [origin], longest_s=0.5)


def test_a_receiver_that_says_too_much_is_not_heard_out() -> None:
    """After some 64 KB the connection is closed, with the status that came."""
    sent = 0

    def endless(handler: BaseHTTPRequestHandler) -> None:
        nonlocal sent
        handler.send_response(202)
        handler.end_headers()
        for _ in range(1000):
            handler.wfile.write(b"x" * MAX_POSTED_ANSWER_BYTES)
            sent += 1
        handler.close_connection = True

    with serving(quietly(endless)) as origin:
        assert Posted(202, None) == post(origin, [origin])
    assert sent < 1000


def test_a_receiver_that_does_not_answer_may_do_better() -> None:
    """Nobody listens, or nobody answers: another try is worth it."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        origin = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(PostError, match="ConnectError") as refused:
            post(origin, [origin])
    assert not refused.value.is_permanent


@pytest.mark.parametrize("url", ["ftp://example.com/x", "http://", "http:///x", "http://[::1"])
def test_a_message_to_an_address_of_another_kind_is_refused(url: str) -> None:
    """Only http and https addresses are opened at all."""
    with pytest.raises(PostError):
        post(url, [])


def quietly(answer: Answer) -> Answer:
    """Do not mind that the other side has hung up."""

    def tried(handler: BaseHTTPRequestHandler) -> None:
        try:
            answer(handler)
        except OSError:
            handler.close_connection = True

    return tried


# ------------------------------------------------------------------------------------------------------- containers


def test_a_film_says_its_length_and_size(tmp_path: Path) -> None:
    """A clip of 3 s in 9:16 is measured as such."""
    spec = ClipSpec(task_id="1", provider="klingai", model="kling-v3", prompt="a fox", aspect="9:16", duration_s=3)
    path = tmp_path / "clip.mp4"
    make_clip(spec, path)

    with path.open("rb") as file:
        found = measure(file)

    assert found.duration_s == pytest.approx(3, abs=0.06)
    assert found.width is not None
    assert found.height is not None
    assert found.width / found.height == pytest.approx(9 / 16, abs=0.01)
    assert make_cover(spec)[:3] == b"\xff\xd8\xff"


@pytest.mark.parametrize("data", [b"", b"<html></html>", b"\0" * 5000], ids=["nothing", "a page", "zeros"])
def test_what_is_no_film_says_nothing(data: bytes) -> None:
    """Other bytes have neither length nor size, and are no error."""
    assert Measured(None, None, None) == measure(BytesIO(data))
