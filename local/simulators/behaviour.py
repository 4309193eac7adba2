"""The switches that make a simulator slow, full, flaky, silent, repetitive or wrong.

A switch is set for everything (`simulator.behaviour.callbacks = "silent"`, or `PUT /_sim/behaviour` with JSON) or
for one task by a marker in its prompt (`[sim:silent]`, `[sim:late=2]`). A marker wins. The table of markers is
`MARKERS`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, NonNegativeInt

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SubmitFault = Literal[
    "none", "lost_answer", "time_out", "error_5xx_created", "error_5xx_not_created", "garbage_2xx", "insert_task_failed"
]
Callbacks = Literal["normal", "silent", "repeat", "early", "lie", "lie_failed", "late", "unordered"]
Quota = Literal["enough", "account_used_up", "key_used_up"]
MediaFault = Literal["none", "short", "refused_once", "missing", "slow", "html", "wrong_duration", "wrong_aspect"]
FailedRead = Literal["http_400", "body_400", "ok"]

RISK_CONTROL: Final = "Failure to pass the risk control system"
_MARKER: Final = re.compile(r"\[sim:([a-z0-9_]+)(?:=([^\]]*))?\]")


class UnknownMarkerError(ValueError):
    """A prompt holds a marker that no simulator knows, or one whose value is not of its kind."""


@dataclass(frozen=True, slots=True)
class Denial:
    """A refusal in a provider's own words.

    Attributes:
        status: the HTTP status.
        code: the provider's error code.
        message: the provider's text.
    """

    status: int
    code: int
    message: str


class Refusal(BaseModel):
    """Creates to refuse; what is not given here is said as the provider refuses a create too many.

    Attributes:
        status: the HTTP status.
        code: the provider's error code.
        message: the provider's text.
        times: how many creates are refused still.
    """

    model_config = ConfigDict(extra="forbid")
    status: int | None = None
    code: int | None = None
    message: str | None = None
    times: NonNegativeInt = 1

    def denial(self, busy: Denial) -> Denial:
        """Returns what to say, given what the provider says to a create too many."""
        return Denial(
            busy.status if self.status is None else self.status,
            busy.code if self.code is None else self.code,
            busy.message if self.message is None else self.message,
        )


class QueryFault(BaseModel):
    """Reads of tasks to spoil.

    Attributes:
        kind: `error_5xx` answers 500, `time_out` does not answer within `time_out_s`, `unknown_status` answers with
            another status word.
        times: how many reads are spoilt still.
        word: the status word of `unknown_status`.
    """

    model_config = ConfigDict(extra="forbid")
    kind: Literal["error_5xx", "time_out", "unknown_status"]
    times: NonNegativeInt = 1
    word: str = "queueing"


class Behaviour(BaseModel):
    """All switches; a new one behaves well.

    Attributes:
        generation_s: how long a task takes from its creation to its end, seconds.
        element_generation_s: how long a task that makes an element takes instead.
        submit_delay_s: how long a create takes before anything else happens, seconds.
        capacity: how many tasks may be unfinished at once; None: any number. Images are counted apart from videos, each
            image of a task as one.
        refuse_next: creates to refuse, in this order.
        submit_fault: what goes wrong with a create. `lost_answer`: the task is created, the connection closed
            without an answer. `time_out`: created, no answer within `time_out_s`. `error_5xx_created`,
            `error_5xx_not_created`: a 500. `garbage_2xx`: created, answered with 200 and a page of HTML.
            `insert_task_failed`: created behind a relay that then cannot keep it: 200 with an error after the answer.
        submit_fault_times: how many creates it strikes; None: every one.
        time_out_s: how long "does not answer" lasts before the connection is closed, seconds.
        callbacks: `silent`: none. `repeat`: each twice. `early`: one for `submitted` is delivered before the
            create's answer, then as normal. `lie`: success is announced while queries still say processing, later
            the true end. `lie_failed`: the same with a failure. `late`: each `callback_late_s` after its time.
            `unordered`: the end first, then processing. Where a provider tells ends alone, those of the others are left out.
        callback_late_s: seconds, for `late`.
        callback_word: the status word that final callbacks carry instead of their own.
        callback_retries: how often a callback that was not answered with 2xx is sent again.
        query_faults: reads to spoil, in this order.
        media_fault: what goes wrong with files of videos and images. `short`: fewer bytes than Content-Length says, then closed.
            `refused_once`: 403. `missing`: 404. `slow`: spread over `media_slow_s`. `html`: 200 with a page.
            `wrong_duration`: the file lasts `wrong_duration_s`. `wrong_aspect`: the file has another aspect.
        media_fault_times: how many fetches of each file it strikes; None: every one, but one for `refused_once`.
        media_slow_s: seconds, for `slow`.
        wrong_duration_s: seconds, for `wrong_duration`; None: half of the right one.
        media_life_s: how long after a task's end the links to its files hold, seconds; then they are refused with 403,
            and a read gives the same links still.
        fail_message: with it, every new task fails with this text.
        cancelled: every new task ends as cancelled, where the provider has such an end.
        url_as_text: a video's link comes as one text, where the provider gives a list of them.
        progress_as_text: progress comes as "50%", where the provider tells it as a number.
        error_code_as_text: an error's code comes as a text, where the provider is known to do so at times; no marker sets it,
            since an error may be nobody's.
        failed_read: how a read of a failed task is answered, where the provider answers it like an error. `http_400`: HTTP 400,
            and 400 in the body. `body_400`: HTTP 200, and 400 in the body. `ok`: 200 in both.
        failed_reason_nested: such a read has its reason in an object `error` of its own.
        failed_code_lower: such a read has its error's code in small letters.
        reference_video_s: the length taken for a reference video that is not on this server, seconds.
        multi_shot_ignored: a relay's shots come to nothing: one clip of 5 s of the first.
        stock_shapes: a relay answers as the stock build of its server does, not as its own.
        fail_reason_clean: a relay's `fail_reason` tells why a task failed, and nothing else.
        type_panics: a relay ends in a panic over a value of another JSON type, instead of refusing it.
        upstream_errors_raw: a relay hands on its upstream's refusals with their own status and body.
        refresh_s: how long a relay tells what it last learnt of a task before it asks its upstream again, seconds.
        quota: whether money is left, where a provider tells an account from its key. `account_used_up`: creates are refused;
            `key_used_up`: the key is, whatever is asked.
    """

    model_config = ConfigDict(extra="forbid", validate_assignment=True)
    generation_s: NonNegativeFloat = 3.0
    element_generation_s: NonNegativeFloat = 0.5
    submit_delay_s: NonNegativeFloat = 0.0
    capacity: NonNegativeInt | None = None
    refuse_next: list[Refusal] = Field(default_factory=list)
    submit_fault: SubmitFault = "none"
    submit_fault_times: NonNegativeInt | None = None
    time_out_s: NonNegativeFloat = 30.0
    callbacks: Callbacks = "normal"
    callback_late_s: NonNegativeFloat = 2.0
    callback_word: str | None = None
    callback_retries: NonNegativeInt = 0
    query_faults: list[QueryFault] = Field(default_factory=list)
    media_fault: MediaFault = "none"
    media_fault_times: NonNegativeInt | None = None
    media_slow_s: NonNegativeFloat = 3.0
    wrong_duration_s: float | None = None
    media_life_s: NonNegativeFloat = 30 * 24 * 3600
    fail_message: str | None = None
    cancelled: bool = False
    url_as_text: bool = False
    progress_as_text: bool = False
    error_code_as_text: bool = False
    failed_read: FailedRead = "http_400"
    failed_reason_nested: bool = False
    failed_code_lower: bool = False
    reference_video_s: float = 5.0
    multi_shot_ignored: bool = False
    stock_shapes: bool = False
    fail_reason_clean: bool = False
    type_panics: bool = True
    upstream_errors_raw: bool = False
    refresh_s: NonNegativeFloat = 0.0
    quota: Quota = "enough"

    def overlaid(self, marks: Mapping[str, Any]) -> Behaviour:
        """Returns a copy in which a task's marks win; lists stay shared, so that counting down lasts."""
        return self.model_copy(update=dict(marks))

    def change(self, values: Mapping[str, Any]) -> None:
        """Sets the given switches, all or none.

        Args:
            values: switches by name.

        Raises:
            pydantic.ValidationError: a name or value is not known.
        """
        checked = Behaviour.model_validate(values)
        for name in values:
            setattr(self, name, getattr(checked, name))


Counted = TypeVar("Counted", Refusal, QueryFault)


def take(counted: list[Counted]) -> Counted | None:
    """Uses up one of the first entry's times; the caller holds a lock."""
    while counted and counted[0].times == 0:
        counted.pop(0)
    if not counted:
        return None
    counted[0].times -= 1
    return counted[0]


def _switches(**values: object) -> Callable[[str | None], dict[str, Any]]:
    return lambda _value: dict(values)


def _counted(field: str, kind: str, times_field: str, default: int | None) -> Callable[[str | None], dict[str, Any]]:
    return lambda value: {field: kind, times_field: default if value is None else int(value)}


def _number(field: str) -> Callable[[str | None], dict[str, Any]]:
    return lambda value: {field: float(value or "")}


def _refusals(value: str | None) -> dict[str, Any]:
    return {"refuse_next": [Refusal(times=int(value or 1))]}


def _refusal(value: str | None) -> dict[str, Any]:
    status, code = (value or "").split("/")
    return {"refuse_next": [Refusal(status=int(status), code=int(code), message="refused by a marker in the prompt")]}


def _query(kind: Literal["error_5xx", "time_out", "unknown_status"]) -> Callable[[str | None], dict[str, Any]]:
    return lambda value: {"query_faults": [QueryFault(kind=kind, times=int(value or 1))]}


def _callbacks(kind: Callbacks) -> Callable[[str | None], dict[str, Any]]:
    return _switches(callbacks=kind)


MARKERS: Final[Mapping[str, Callable[[str | None], dict[str, Any]]]] = {
    "generation": lambda value: dict.fromkeys(("generation_s", "element_generation_s"), float(value or "")),
    "submit_delay": _number("submit_delay_s"),
    "time_out_s": _number("time_out_s"),
    "input": _number("reference_video_s"),
    # Creates. `=n`: how many of the same external id (without one: of the same prompt) are struck; else once.
    "busy": _refusals,
    "refuse": _refusal,  # [sim:refuse=400/1301]
    "lost_answer": _counted("submit_fault", "lost_answer", "submit_fault_times", 1),
    "time_out": _counted("submit_fault", "time_out", "submit_fault_times", 1),
    "error_5xx_created": _counted("submit_fault", "error_5xx_created", "submit_fault_times", 1),
    "error_5xx_not_created": _counted("submit_fault", "error_5xx_not_created", "submit_fault_times", 1),
    "garbage_2xx": _counted("submit_fault", "garbage_2xx", "submit_fault_times", 1),
    "insert_task_failed": _counted("submit_fault", "insert_task_failed", "submit_fault_times", 1),
    "no_quota": _switches(quota="account_used_up"),
    "no_key_quota": _switches(quota="key_used_up"),
    # The end.
    "fail": lambda value: {"fail_message": value or "simulated failure"},
    "moderation": _switches(fail_message=RISK_CONTROL),
    "cancelled": _switches(cancelled=True),
    # Forms that one provider alone is known to vary.
    "url_string": _switches(url_as_text=True),
    "progress_string": _switches(progress_as_text=True),
    "failed_body_400": _switches(failed_read="body_400"),
    "failed_ok": _switches(failed_read="ok"),
    "failed_nested": _switches(failed_reason_nested=True),
    "failed_lower": _switches(failed_code_lower=True),
    # Callbacks.
    "silent": _callbacks("silent"),
    "repeat": _callbacks("repeat"),
    "early": _callbacks("early"),
    "lie": _callbacks("lie"),
    "lie_failed": _callbacks("lie_failed"),
    "unordered": _callbacks("unordered"),
    "late": lambda value: {"callbacks": "late", "callback_late_s": float(value or 2)},
    "callback_word": lambda value: {"callback_word": value or "mystery"},
    # Reads. `=n` is how many of this task's reads are struck; once where not given.
    "query_5xx": _query("error_5xx"),
    "query_time_out": _query("time_out"),
    "query_unknown": _query("unknown_status"),
    # A relay's.
    "multi_shot_ignored": _switches(multi_shot_ignored=True),
    "stock": _switches(stock_shapes=True),
    "clean_reason": _switches(fail_reason_clean=True),
    "no_panic": _switches(type_panics=False),
    "raw_errors": _switches(upstream_errors_raw=True),
    "stale": _number("refresh_s"),
    # Media.
    "media_life": _number("media_life_s"),
    # `=n` is how many fetches of each of this task's files are struck; every one where not given.
    "short": _counted("media_fault", "short", "media_fault_times", None),
    "refused_once": _counted("media_fault", "refused_once", "media_fault_times", 1),
    "missing": _counted("media_fault", "missing", "media_fault_times", None),
    "html": _counted("media_fault", "html", "media_fault_times", None),
    "slow": lambda value: {"media_fault": "slow", "media_slow_s": float(value or 3)},
    "wrong_duration": lambda value: {
        "media_fault": "wrong_duration",
        "wrong_duration_s": float(value) if value else None,
    },
    "wrong_aspect": _switches(media_fault="wrong_aspect"),
}


def marks_of(prompt: str) -> dict[str, Any]:
    """Reads the markers of a prompt.

    Args:
        prompt: any text.

    Returns:
        The switches they set, by name.

    Raises:
        UnknownMarkerError: a marker is misspelt or its value is not of its kind; a test must not pass by a slip.
    """
    marks: dict[str, Any] = {}
    for name, value in _MARKER.findall(prompt):
        try:
            marks |= MARKERS[name](value or None)
        except (KeyError, ValueError) as error:
            raise UnknownMarkerError(
                f"simulator: marker [sim:{name}] is unknown or its value is not of its kind"
            ) from error
    return marks
