from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import CliRunner

from local.cli import client
from local.cli.main import main
from tests.cli.fake_gateway import KEY, FakeGateway

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from click.testing import Result


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            parts = urlsplit(self.path)
            what = f"{self.command} {parts.path}"
            headers = {name.lower(): value for name, value in self.headers.items()}
            query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
            fake.seen.append({"what": what, "headers": headers, "query": query, "body": json.loads(body or b"null")})
            answer = fake.answer(what)
            self.close_connection = True
            if answer.hang_up:
                return
            data = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            self.send_response(answer.status)
            for name, value in {"Content-Length": str(len(data)), "Connection": "close", **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data[: answer.cut_at])

        def do_POST(self) -> None:
            self.do_GET()

        def do_DELETE(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    fake = FakeGateway(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield fake
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def klingway(gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs the command against the fake gateway; waits between tries take no time."""
    monkeypatch.setattr(client, "_WAITS_S", (0.0, 0.0, 0.0))
    runner = CliRunner(env={"KLINGWAY_URL": gateway.url, "KLINGWAY_API_KEY": KEY, "NO_COLOR": "1"})

    def run(*arguments: str, **more: Any) -> Result:
        return runner.invoke(main, arguments, **more)

    return run
