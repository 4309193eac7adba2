"""The journeys that are run with a process killed at every step of them: how each begins, and how it has to end.

Most are a job's; the last ones are of what callers do with a job, and of elements that they keep.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from klingway.domain.budgets import Caps

from tests.crashes.points import Crash, Side, canonical

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tests.crashes.points import Call
    from tests.crashes.stage import Stage

WEBHOOK = "https://shop.example/hook"
DOG, CAT = (
    {
        "name": name,
        "description": f"a brown {name}",
        "images": [f"https://shop.example/{name}/{number}.png" for number in (1, 2)],
    }
    for name in ("dog", "cat")
)

SUCCEEDED, FAILED, CANCELED = "succeeded", "failed", "canceled"
DELETED, KEPT, LET_GO = "deleted", "kept", "let go"


@dataclass(frozen=True)
class End:
    """How a journey ends."""

    state: str
    """Of the job; or what has become of one that is gone, or of an element."""
    error: str | None = None
    """The code of the error with which it fails."""
    comes_late: bool = False
    """Whether media come after it."""
    tasks: int = 1
    """How many are accepted, and make media, at most."""


WELL = End(SUCCEEDED)
CALLED_OFF = End(CANCELED, "canceled")
UNCONFIRMED = End(FAILED, "submission_unconfirmed")

SUBMITTER_DIES: Mapping[str, Mapping[Side, End | None]] = {
    # It can be asked for our own reference, so it makes no difference.
    "klingai": {Side.BEFORE: None, Side.AFTER: None},
    # It calls back, and its record says when the task was made.
    "ezmodel": {Side.BEFORE: UNCONFIRMED, Side.AFTER: None},
    # Neither.
    "apimart": {Side.BEFORE: UNCONFIRMED, Side.AFTER: UNCONFIRMED},
    # It calls back, and no other attempt has the task.
    "unifically": {Side.BEFORE: UNCONFIRMED, Side.AFTER: None},
}
"""How a job ends whose process dies when its row says `submitting` and the provider was not asked yet, and when the provider has
taken it and nobody here knows; None: as if nothing had been."""


@dataclass(frozen=True, kw_only=True)
class Journey:
    """One kind of job, or what is done with one."""

    name: str
    begin: Callable[[Stage], End | None]
    """Asks for what it is about; whoever asks does so until he is answered. Returns how it has to end where he was told so."""
    before: Callable[[Stage], object] | None = None
    """What has happened before, in which nobody dies."""
    behaviour: Mapping[str, Any] = field(default_factory=dict)
    """How the simulator of `klingai` is to behave, the others being well."""
    receiver: Sequence[int] = ()
    """What the receiver of the webhook answers first."""
    ends: End = WELL
    when_unconfirmed: End = UNCONFIRMED
    """The end where it can never be known whether a submission arrived."""
    files: int = 1
    """What the media of a task are, besides `job.json`."""
    most_hours: float = 1
    """How long it takes to its end. A claim is waited for for half an hour; all else that the dead leave is made good sooner."""
    hears: str | None = WEBHOOK
    """Who is told of the end over HTTP."""
    outbox: str | None = None
    """The file that the outbox has in the end, without its ending."""
    caps: Caps | None = None
    """What the tenant may spend."""
    longest: timedelta = timedelta(days=9)
    """After how long all is at rest."""
    tried_each: int = 1
    """Of how many different crash points one is tried in a short run."""

    def end(self, calls: Sequence[Call], crash: Crash) -> End:
        """Return how the job has to end, given the calls of a run in which nothing goes wrong."""
        for index, call in enumerate(calls):
            for side in Side:
                if call.creates_at(SUBMITTER_DIES) and crash == canonical(calls, Crash(index, side)):
                    return self.when_unconfirmed if SUBMITTER_DIES[call.service][side] else self.ends
        return self.ends

    def some(self, points: Sequence[Crash]) -> Sequence[Crash]:
        """Return the crash points of a short run, the same each time."""
        return points[self.tried_each // 2 :: self.tried_each]


def video(**body: Any) -> Callable[[Stage], None]:
    """Return a beginning: a request for a video over HTTP."""

    def ask(stage: Stage) -> None:
        _ask(stage, "/v1/videos", {"prompt": "a fox", "duration_s": 5, **body})

    return ask


def _ask(stage: Stage, path: str, body: Mapping[str, Any]) -> str:
    answer = stage.ask(path, {"webhook": {"url": WEBHOOK}, **body}, idempotency_key="order-42")
    assert answer.status == 202, answer
    return str(answer.body["id"])


def _ask_as_at_kling(stage: Stage) -> None:
    body = {
        "model_name": "kling-v3-omni",
        "prompt": "a fox",
        "duration": "5",
        "aspect_ratio": "16:9",
        "callback_url": WEBHOOK,
        "external_task_id": "order-42",
    }
    answer = stage.ask("/klingai/v1/videos/omni-video", body, idempotency_key="order-42")
    assert answer.status == 200, answer


def _drop(stage: Stage) -> None:
    stage.drop("inbox/spring/cat.json", {"prompt": "a fox", "duration_s": 5, "provider": "klingai"})


def _request(stage: Stage) -> None:
    request = {"prompt": "a fox", "duration_s": 5, "provider": "klingai", "webhook": {"url": WEBHOOK}}
    stage.request({"request": request, "correlation_id": "order-42"})


def _pictures(stage: Stage) -> None:
    _ask(stage, "/v1/images", {"prompt": "a fox", "provider": "klingai", "count": 2, "aspect_ratio": "1:1"})


def _cancel(stage: Stage) -> End | None:
    """Cancel a job whose provider was full, unless it is at the provider all the same by now."""
    job_id = _ask(stage, "/v1/videos", {"prompt": "a fox", "duration_s": 5, "provider": "klingai"})
    answer = stage.ask(f"/v1/jobs/{job_id}/cancel", {})
    assert answer.status in {200, 409}, answer
    return CALLED_OFF if answer.status == 200 else WELL


def _fail(stage: Stage) -> None:
    AT_KLING(stage)
    stage.settle()
    stage.upstream.simulators["klingai"].behaviour.change({"fail_message": None})


def _retry(stage: Stage) -> None:
    answer = stage.ask(f"/v1/jobs/{_of_before(stage, 'job')}/retry", {}, idempotency_key="order-43")
    assert answer.status == 202, answer


def _make(stage: Stage) -> None:
    AT_KLING(stage)
    stage.settle()


def _delete(stage: Stage) -> None:
    """Delete the job; whoever was not answered may find it gone."""
    answer = stage.ask(f"/v1/jobs/{_of_before(stage, 'job')}", {}, method="DELETE")
    assert answer.status in {204, 404}, answer


def _keep(stage: Stage) -> None:
    answer = stage.ask("/v1/elements", {**DOG, "provider": "klingai"}, idempotency_key="dog-1")
    assert answer.status == 202, answer


def _have_kept(stage: Stage) -> None:
    _keep(stage)
    stage.settle()


def _use(stage: Stage) -> None:
    elements = [{"id": _of_before(stage, "element")}]
    _ask(
        stage, "/v1/videos", {"prompt": "<<<element_1>>>", "duration_s": 5, "provider": "klingai", "elements": elements}
    )


def _let_go(stage: Stage) -> None:
    """Delete the element; whoever was not answered may find it gone."""
    answer = stage.ask(f"/v1/elements/{_of_before(stage, 'element')}", {}, method="DELETE")
    assert answer.status in {200, 404}, answer


def _of_before(stage: Stage, part: str) -> str:
    (row,) = (row for row in stage.table.before if row["sk"] == part)
    return str(row["pk"])


AT_KLING = video(provider="klingai")
TOO_SLOW = video(provider="klingai", prompt="[sim:generation=900] a fox", deadline_s=600)
TOO_LATE = End(FAILED, "deadline_exceeded", comes_late=True)
OUT_OF_MONEY = {"status": 429, "code": 1102, "message": "Account balance not enough"}

JOURNEYS = (
    # The kinds of jobs, and who is told.
    Journey(name="callback", begin=AT_KLING),
    Journey(name="polled", begin=video(provider="apimart")),
    Journey(
        name="elements",
        begin=video(provider="klingai", prompt="<<<element_1>>> meets <<<element_2>>>", elements=[DOG, CAT]),
        tried_each=8,
    ),
    Journey(name="inbox", begin=_drop, hears=None, outbox="outbox/spring/cat", tried_each=3),
    Journey(name="webhook", begin=AT_KLING, receiver=[500, 503], tried_each=3),
    # The same on other ways.
    Journey(name="event", begin=_request, tried_each=8),
    Journey(name="dialect", begin=_ask_as_at_kling, tried_each=8),
    Journey(name="pictures", begin=_pictures, files=2, tried_each=8),
    Journey(name="relayed", begin=video(provider="ezmodel"), tried_each=3),
    Journey(name="claimed by id", begin=video(provider="unifically"), tried_each=3),
    # Until the night after, in which what is counted is looked over once.
    Journey(
        name="counted",
        # Reserved twice over, and paid once.
        begin=video(provider="klingai", on_unconfirmed="resubmit"),
        caps=Caps(daily_usd=Decimal(5)),
        longest=timedelta(hours=36),
        tried_each=4,
    ),
    # Nobody waits for it any more when it is done.
    Journey(name="late", begin=TOO_SLOW, ends=TOO_LATE, tried_each=16),
    Journey(
        name="late, callback lost",
        begin=TOO_SLOW,
        behaviour={"callbacks": "silent"},
        ends=TOO_LATE,
        tried_each=32,
    ),
    Journey(
        name="stalled",
        begin=video(provider=["klingai", "ezmodel"], failover="always"),
        behaviour={"generation_s": 3000},  # four times what a slow one takes is 2,400
        ends=End(SUCCEEDED, comes_late=True, tasks=2),
        when_unconfirmed=WELL,  # the first one is gone back to
        most_hours=2,
        tried_each=48,
    ),
    # The same where something is amiss already.
    Journey(name="callback lost", begin=AT_KLING, behaviour={"callbacks": "silent"}, tried_each=8),
    Journey(name="full", begin=AT_KLING, behaviour={"refuse_next": [{"times": 2}]}, tried_each=8),
    Journey(
        name="next provider",
        begin=video(provider=["klingai", "ezmodel"]),
        behaviour={"refuse_next": [OUT_OF_MONEY]},
        tried_each=4,
    ),
    Journey(
        name="answer lost",
        begin=AT_KLING,
        behaviour={"submit_fault": "lost_answer", "submit_fault_times": 1},
        tried_each=8,
    ),
    Journey(
        name="never arrived",
        begin=AT_KLING,
        behaviour={"submit_fault": "error_5xx_not_created", "submit_fault_times": 1},
        tried_each=8,
    ),
    Journey(
        name="failed",
        begin=AT_KLING,
        behaviour={"fail_message": "Failure to pass the risk control system"},
        ends=End(FAILED, "moderation_refused"),
        tried_each=8,
    ),
    Journey(
        name="media broken off",
        begin=AT_KLING,
        behaviour={"media_fault": "short", "media_fault_times": 1},
        tried_each=8,
    ),
    # What callers do with a job.
    Journey(
        name="cancel",
        begin=_cancel,
        behaviour={"refuse_next": [{"times": 2}]},
        caps=Caps(daily_usd=Decimal(5)),
        longest=timedelta(hours=36),
        ends=CALLED_OFF,
        tried_each=6,
    ),
    Journey(name="retry", before=_fail, begin=_retry, behaviour={"fail_message": "out of luck"}, tried_each=8),
    Journey(
        name="delete",
        before=_make,
        begin=_delete,
        caps=Caps(daily_usd=Decimal(5)),
        longest=timedelta(hours=36),
        ends=End(DELETED),
        tried_each=3,
    ),
    # Elements that callers keep.
    Journey(name="keep an element", begin=_keep, ends=End(KEPT), tried_each=4),
    Journey(name="use a kept element", before=_have_kept, begin=_use, tried_each=8),
    Journey(name="let go of an element", before=_have_kept, begin=_let_go, ends=End(LET_GO), tried_each=3),
)
