"""Every call that a function makes out of its process: noted, and where a process is killed.

A killed process makes no call any more, whatever its `finally` clauses would like to: what it has done so far has happened,
and what it has not done yet has not.
"""

from __future__ import annotations

from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Protocol

from klingway.adapters import clients

from tests.crashes.points import Call, Crash, Side
from tests.crashes.throttles import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.crashes.throttles import Throttles

_SERVICES = ("dynamodb", "s3", "sqs", "events", "stepfunctions", "secretsmanager")


class KilledError(BaseException):
    """The process is gone. No `Exception`: nobody who catches those lives to do so."""


class Calls:
    """Looks at each call of the function that runs; what the tests ask themselves passes by."""

    def __init__(self) -> None:
        self.made: list[Call] = []
        self._crash: Crash | None = None
        self._function: str | None = None
        self._runs = 0
        self._is_dead = False

    def forget(self, crash: Crash | None) -> None:
        """Note anew, and kill there."""
        self.made, self._runs = [], 0
        self._crash = crash

    @contextmanager
    def of(self, function: str) -> Iterator[None]:
        """Have a function run, to its end or until it is killed."""
        self._function, self._is_dead = function, False
        self._runs += 1
        try:
            yield
        finally:
            self._function = None

    @property
    def is_running(self) -> bool:
        """Whether a function runs, whose calls these are."""
        return self._function is not None

    def before(self, name: str) -> None:
        """Note a call that is about to be made."""
        if self._function is None:
            return
        self._expect_life()
        self.made.append(Call(self._function, name, self._runs))
        self._kill(Side.BEFORE)

    def after(self) -> None:
        """Note that the latest call has had its effect."""
        if self._function is not None:
            self._expect_life()
            self._kill(Side.AFTER)

    def _kill(self, side: Side) -> None:
        if self._crash == Crash(len(self.made) - 1, side):
            self._is_dead = True
            self._expect_life()

    def _expect_life(self) -> None:
        if self._is_dead:
            raise KilledError


class Effect(Protocol):
    """What a call to AWS leads to besides what moto does."""

    def __call__(self, said: Mapping[str, Any], /) -> str | None:
        """Take the parameters of a call; return the code of the error with which AWS refuses it, None where it does not."""


def watch_aws(calls: Calls, throttles: Throttles, effects: Mapping[str, Effect]) -> None:
    """Have every call to AWS pass by, through botocore's own events; `effects` says what follows from some, by operation."""

    def build(params: Mapping[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["said"] = params

    def refusal(model: Any, said: Mapping[str, Any]) -> Refusal | None:
        throttled = throttles.refusal(model.service_model.service_name, said) if calls.is_running else None
        if throttled is not None or (effect := effects.get(model.name)) is None:
            return throttled
        code = effect(said)
        return None if code is None else Refusal(400, code)

    def before(model: Any, context: Mapping[str, Any], **_: Any) -> Any:
        calls.before(f"{model.service_model.service_name}:{model.name}")
        refused = refusal(model, context["said"])
        # An answer in moto's place, as botocore would have read it.
        return None if refused is None else (SimpleNamespace(status_code=refused.status), refused.parsed())

    def after(**_: Any) -> None:
        calls.after()

    for service in _SERVICES:
        events = clients._client(service).meta.events  # noqa: SLF001 - whichever the functions use
        events.register("before-parameter-build", build)
        events.register("before-call", before)
        events.register("after-call", after)
