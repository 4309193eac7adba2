"""A gateway whose provider keeps elements, and what its provider may say of them."""

from dataclasses import dataclass, field, replace
from typing import Any

from klingway.domain.elements import KeptElement
from klingway.domain.ids import ElementId, Tenant
from klingway.domain.job import Job, JobError, State
from klingway.domain.work import Work, WorkKind
from klingway.providers.contract import Created, Failed, Made, ProviderError

from tests.fakes.elements import ScriptedRegistry
from tests.fakes.providers import ScriptedProvider
from tests.use_cases.conftest import Gateway

REFUSAL = JobError(code="moderation_refused", message="the picture was refused", retryable=False, provider_code="1301")


def refused(*, retryable: bool = False, retry_after_s: float | None = None) -> ProviderError:
    error = replace(REFUSAL, code="provider_full", retryable=True) if retryable else REFUSAL
    return ProviderError(error, created=Created.NO, retry_after_s=retry_after_s)


def lost() -> ProviderError:
    error = JobError(code="provider_answer_lost", message="gone", retryable=True)
    return ProviderError(error, created=Created.MAYBE)


def taken() -> ProviderError:
    error = JobError(code="refused_by_provider", message="this reference exists", retryable=False)
    return ProviderError(error, created=Created.NO, already_exists=True)


def described(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "description": f"a brown {name}", "images": ["https://x/1.png", "https://x/2.png"]} | more


@dataclass
class Room(Gateway):
    """A gateway whose provider keeps elements; work of every kind is done by hand."""

    registry: ScriptedRegistry = field(default_factory=ScriptedRegistry)

    def __post_init__(self) -> None:
        self.provider.elements = self.registry
        super().__post_init__()

    def keep_one(self, name: str = "dog", **more: Any) -> KeptElement:
        """Have an element made that its caller keeps, as `api` does; `tenant`, `provider` and so on as of `create`."""
        tenant, fields = Tenant(more.pop("tenant", "acme")), more.pop("fields", {})
        return self.keep.create(tenant, described(name) | fields, public_url="https://gateway.example", **more)

    def kept(self, name: str = "dog", *, provider_id: str = "101", **more: Any) -> KeptElement:
        """Return an element that its caller keeps, made and at rest."""
        self.registry.outcomes = [Made(element_id=provider_id)]
        element = self.keep_one(name, **more)
        self.drain()
        return self.element(element.id)

    def ask(self, *names: str) -> Job:
        """Accept a request that describes elements of these names."""
        prompt = " ".join(f"<<<element_{index + 1}>>>" for index in range(len(names)))
        return self.submit({"prompt": prompt, "duration_s": 5, "elements": [described(name) for name in names]})

    def make(self, job: Job, waiter: str = "token", *, index: int = 0) -> KeptElement:
        """Run the workflow's task for an element of a job; return the element as it stands then."""
        element_id = self.job(job).elements[index].id
        self.tasks.make_element(element_id, execution=f"{job.id}-1", token=waiter)
        return self.element(element_id)

    def element(self, element_id: ElementId) -> KeptElement:
        """Return an element as it stands."""
        return self.elements.rows[element_id]

    def do(self, work: Work) -> None:
        """Do one piece of work, as the worker does."""
        match work.kind:
            case WorkKind.ELEMENT:
                self.check_element.run(work)
            case WorkKind.RELEASE:
                self.check_element.release(work)
            case _:
                self.worker.run(work)

    def arrive(self) -> float:
        """Let the one message in the queue arrive when it is due, and do its work; return its delay."""
        work, delay_s = self.queue.take()
        self.clock.go_on(delay_s)
        self.do(work)
        return delay_s

    def drain(self) -> None:
        """Let messages arrive one after the other, and those that they lead to, until there is none."""
        while self.queue.sent:
            work, delay_s = self.queue.sent.pop(0)
            self.clock.go_on(delay_s)
            self.do(work)

    def nudge_element(self, element: KeptElement) -> None:
        """Do the work that a provider's callback asks for."""
        self.do(Work(kind=WorkKind.ELEMENT, id=element.id, number=None))

    def fall_due(self, element: KeptElement) -> None:
        """Wait until an element is due, and do what the poller has done for it; what was in the queue is lost."""
        self.queue.sent.clear()
        stands = self.element(element.id)
        self.clock.go_on(max(0, stands.due_at - self.clock().timestamp()))
        due_at = int(self.clock().timestamp()) + 120
        self.elements.rows[element.id] = replace(stands, number=stands.number + 1, due_at=due_at)
        self.do(Work(kind=WorkKind.ELEMENT, id=element.id, number=stands.number + 1))

    def job_falls_due(self) -> None:
        """Wait until the job is due, let the poller run, and do the work of the jobs that it finds."""
        self.queue.sent.clear()
        due = [job.due_at for job in self.jobs.rows.values() if job.due_at is not None]
        self.clock.go_on(max(0, min(due) - self.clock().timestamp()))
        assert self.poll()
        works, self.queue.sent = self.queue.sent, []
        for work, _ in works:
            self.do(work)

    def made(self, *names: str) -> Job:
        """Return a job whose elements are made and told of, and which is about to be submitted."""
        self.registry.outcomes = [Made(element_id=str(101 + index)) for index in range(len(names))]
        job = self.ask(*names)
        for index in range(len(names)):
            self.make(job, index=index)
            while self.queue.sent:
                self.arrive()
        return job

    def end(self, job: Job, provider: ScriptedProvider | None = None) -> None:
        """Let a running job fail at its provider, the first one unless another is given."""
        (provider or self.provider).outcomes = [Failed(error=REFUSAL)]
        self.worker.run(Work(kind=WorkKind.CHECK, id=job.id, number=self.job(job).number))
        assert State.FAILED is self.job(job).state

    def release(self, job: Job) -> None:
        """Do the work that a job's end leads to."""
        self.do(Work(kind=WorkKind.RELEASE, id=job.id, number=None))
