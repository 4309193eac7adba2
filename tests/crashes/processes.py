"""The gateway's functions, each a process that can be killed: whatever it remembers goes with it."""

from __future__ import annotations

import functools
import importlib.util
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from klingway import bootstrap, observability, settings
from klingway.adapters import clients

from tests.crashes.calls import KilledError
from tests.crashes.throttles import is_throttled

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from local.cloud.deploy import Deployment
    from tests.crashes.calls import Calls

FUNCTIONS = ("api", "callback", "elements", "intake", "poller", "publisher", "webhooks", "worker")
ROOT = Path(__file__).parents[2]


class Processes:
    """One process of each function."""

    def __init__(self, stack: Deployment, calls: Calls) -> None:
        self._calls = calls
        self._environments = {name: stack.functions[f"{name.capitalize()}Function"].env for name in FUNCTIONS}
        self.exceptions: list[str] = []
        """Those that a handler let through of itself, and not for a refusal; Lambda would tell whoever called, and go on."""

    def invoke(self, function: str, event: Mapping[str, Any]) -> Any | None:
        """Run a function; None where its process was killed, or ended by an exception."""
        self._enter(function)
        try:
            with self._calls.of(function):
                answer = _handler_of(function)(json.loads(json.dumps(event)), None)
        except KilledError:
            self.kill(function)
            return None
        except Exception as error:  # noqa: BLE001 - Lambda reports every error, and whoever called comes again
            if not is_throttled(error):
                self.exceptions.append(f"{function}: {type(error).__name__}: {error}")
            return None
        return {} if answer is None else answer

    def kill(self, function: str) -> None:
        """Have a function begin with a cold start."""
        getattr(bootstrap, function).cache_clear()
        settings.load.cache_clear()

    def kill_all(self) -> None:
        """Have every function begin with a cold start."""
        for function in FUNCTIONS:
            self.kill(function)
        self.exceptions.clear()

    def _enter(self, function: str) -> None:
        """Give a function its own variables, and nobody else's."""
        for environment in self._environments.values():
            for name in environment:
                os.environ.pop(name, None)  # noqa: TID251 - what Lambda does
        os.environ.update(self._environments[function])  # noqa: TID251 - what Lambda does


@functools.cache
def _handler_of(name: str) -> Callable[[Any, Any], Any]:
    spec = importlib.util.spec_from_file_location(f"crashes_{name}", ROOT / "functions" / name / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    handler: Callable[[Any, Any], Any] = module.handler
    return handler


def forget() -> None:
    """Another file's clients, settings and services belong to another mocked AWS."""
    for each in (
        *(getattr(bootstrap, name) for name in FUNCTIONS),
        settings.load,
        observability.logger,
        clients._client,  # noqa: SLF001 - nobody else clears it
    ):
        each.cache_clear()
