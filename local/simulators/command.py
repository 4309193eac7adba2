"""What every simulator's command line has in common."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from local.simulators.server import Simulator


def arguments(description: str) -> argparse.ArgumentParser:
    """Returns a parser with the options that all have: `port`, `generation`, `capacity`."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--port", type=int, default=0, help="on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--generation", type=float, default=3.0, metavar="SECONDS", help="how long a task takes")
    parser.add_argument("--capacity", type=int, metavar="TASKS", help="how many may be unfinished at once")
    return parser


def serve(simulator: Simulator, **told: object) -> None:
    """Serves until interrupted; says the URL, and what else is told, in one line of JSON."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with simulator:
        sys.stdout.write(json.dumps({"url": simulator.url, **told}) + "\n")
        sys.stdout.flush()
        ended.wait()
