"""Have the elements made that a job describes, before it is submitted, where its provider keeps elements.

The workflow makes them and waits; what it does is written in the rows at each step, so a job whose workflow broke off, or
was never started, goes on from its row.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from klingway.domain import elements, schedule, transitions
from klingway.domain.elements import ElementState, KeptElement, Waiter
from klingway.domain.ids import AttemptId, ElementId, JobId
from klingway.domain.job import Job, JobElement, JobError, State
from klingway.domain.request import Element, read_stored
from klingway.domain.work import Work, WorkKind
from klingway.observability import logger
from klingway.use_cases.chain import Chain
from klingway.use_cases.element_ports import ElementChangeRefusedError, ElementStore, Workflow
from klingway.use_cases.make_element import MakeElement
from klingway.use_cases.ports import ChangeRefusedError, Providers

WAITER_LIFE_S: Final = 86_400
TIMED_OUT: Final = "ElementTimedOut"
"""What the workflow calls a wait for an element that lasted too long; the same word stands in its definition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepareElements:
    """Begins the preparation of jobs, and looks after those whose workflow does not."""

    chain: Chain
    elements: ElementStore
    providers: Providers
    workflow: Callable[[], Workflow]

    def is_needed(self, job: Job, request: Mapping[str, Any]) -> bool:
        """Tell whether elements have to be made before a job is submitted."""
        if self.providers.get(job.provider).elements is None:
            return False
        prepared = {element.index for element in job.elements if element.provider_id is not None}
        return not elements.described_in(read_stored(job.kind, request)).keys() <= prepared

    def begin(self, job: Job, request: Mapping[str, Any]) -> tuple[Job, bool]:
        """Have a queued job's elements made.

        Returns:
            The job as it stands then, whoever moved it, and whether it is to be submitted now: all of them were made before.
        """
        account = self.providers.get(job.provider).account
        if account is None:
            error = JobError(code="not_configured", message=f"{job.provider} has no credential", retryable=True)
            return self._give_up(job, error), False
        described = elements.described_in(read_stored(job.kind, request))
        used = {index: self._joined(job, account, index, element) for index, element in described.items()}
        wanted = tuple(JobElement(index=index, id=element.id) for index, element in used.items())
        if ready := _ready(wanted, {element.id: element for element in used.values()}):
            change = transitions.take_elements(job, at=self.chain.now(), elements=ready)
            try:
                return self.chain.jobs.apply(job.id, change), True
            except ChangeRefusedError as error:
                return error.job or job, False
        job = self._apply(job, transitions.begin_preparing(job, at=self.chain.now(), elements=wanted))
        if job.state is State.PREPARING:
            self._start(job)
        return job, False

    def look_after(self, job: Job) -> None:
        """Take a job on that is due while it is being prepared: by its elements' own rows, whatever became of the workflow.

        Raises:
            ChangeRefusedError: Somebody else was quicker.
        """
        made = made_of(self.elements, job)
        now = self.chain.now()
        if error := why_not_made(job, made):
            self.chain.give_up(job, error)
        elif prepared := all_made(job, made):
            change = transitions.end_preparing(at=now, elements=prepared)
            self.chain.go_on(job, change, WorkKind.SUBMIT, delay_s=0)
        elif now > job.deadline_at:
            self.chain.give_up(job, not_made_in_time())
        else:
            after_s = self.chain.within_life(job, schedule.LONGEST_S)
            change = transitions.wait(job, at=now, after_s=after_s)
            job = self.chain.go_on(job, change, WorkKind.CHECK, delay_s=after_s)
            self._start(job)

    def _joined(self, job: Job, account: str, index: int, element: Element) -> KeptElement:
        """Have the job among the users of an element: the one that its caller named, while it can be had, or one like it."""
        wanted = elements.wanted(
            element.model_dump(mode="json", exclude_unset=True),
            tenant=job.tenant,
            provider=job.provider,
            account=account,
            public_url=job.public_url,
            at=self.chain.now(),
            user=job.id,
        )
        named = next((used.id for used in job.elements if used.index == index), None)
        if named is not None:
            at = wanted.created_at
            if joined := self.elements.join(named, job.id, digest=wanted.digest, at=at):
                return joined
        return self.elements.claim(wanted, job.id)

    def _start(self, job: Job) -> None:
        # The attempt that follows has this number: nothing else begins one while the job is being prepared.
        execution = str(AttemptId(job.id, transitions.next_attempt_number(job, job.provider)))
        wanted = tuple(dict.fromkeys(element.id for element in job.elements))
        self.workflow().start(execution, job_id=job.id, elements=wanted)

    def _give_up(self, job: Job, error: JobError) -> Job:
        try:
            return self.chain.give_up(job, error)
        except ChangeRefusedError as refused:
            return refused.job or job

    def _apply(self, job: Job, change: transitions.Change) -> Job:
        try:
            return self.chain.jobs.apply(job.id, change)
        except ChangeRefusedError as error:
            return error.job or job


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowTasks:
    """What the workflow has done for it: each task can be run twice."""

    chain: Chain
    elements: ElementStore
    make: MakeElement
    submit: Callable[[Job, Mapping[str, Any]], Job]

    def make_element(self, element_id: ElementId, *, execution: str, token: str) -> None:
        """Have an element made, and have the execution told when it is; one that others have made serves as well."""
        expires_at = self.chain.now() + timedelta(seconds=WAITER_LIFE_S)
        waiter = Waiter(element_id=element_id, execution=execution, token=token, expires_at=int(expires_at.timestamp()))
        # The waiter first: whoever ends the making from here on sees it, and what ended before is seen below.
        self.elements.add_waiter(waiter)
        element = self.elements.get(element_id)
        if element is not None and element.state is ElementState.WANTED:
            try:
                self.make.run(element)
            except ElementChangeRefusedError:
                element = self.elements.get(element_id)
        if element is not None and element.state.is_made:
            # This function is a task of the workflow, so it is not the one to resume it: the worker is.
            self.chain.queue.send(Work(kind=WorkKind.ELEMENT, id=element_id, number=None))

    def submit_job(self, job_id: JobId) -> Job | None:
        """Submit a job whose elements are made; it may well be queued afterwards, its provider being full."""
        job = self.chain.jobs.get(job_id)
        if job is None or job.state is not State.PREPARING:
            return job
        prepared = all_made(job, made_of(self.elements, job))
        if prepared is None:
            raise NotPreparedError(job_id)
        try:
            job = self.chain.jobs.apply(job.id, transitions.end_preparing(at=self.chain.now(), elements=prepared))
        except ChangeRefusedError as error:
            return error.job
        return self.submit(job, self.chain.jobs.get_request(job.id))

    def fail_job(self, job_id: JobId, *, error: str) -> Job | None:
        """End a job whose elements cannot all be made, or not in time; `error` is what the workflow calls it."""
        job = self.chain.jobs.get(job_id)
        if job is None or job.state is not State.PREPARING:
            return job
        reason = why_not_made(job, made_of(self.elements, job))
        if reason is None and error == TIMED_OUT:
            reason = not_made_in_time()
        if reason is None:  # the workflow broke off, its elements did not: the job goes on from its row
            logger().warning("workflow broke off", extra={"job_id": job.id, "error": error})
            return job
        try:
            return self.chain.give_up(job, reason)
        except ChangeRefusedError as refused:
            return refused.job


class NotPreparedError(Exception):
    """A job was to be submitted before its elements were made."""


def made_of(store: ElementStore, job: Job) -> dict[ElementId, KeptElement]:
    """Return a job's elements as they stand; one that is gone is missing."""
    found = (store.get(element_id) for element_id in dict.fromkeys(element.id for element in job.elements))
    return {element.id: element for element in found if element is not None}


def all_made(job: Job, made: Mapping[ElementId, KeptElement]) -> tuple[JobElement, ...] | None:
    """Return a job's elements with the provider's ids, None unless each is ready."""
    return _ready(job.elements, made)


def _ready(used: Sequence[JobElement], made: Mapping[ElementId, KeptElement]) -> tuple[JobElement, ...] | None:
    ready = {element.id: element.provider_id for element in made.values() if element.state is ElementState.READY}
    if any(element.id not in ready for element in used):
        return None
    return tuple(replace(element, provider_id=ready[element.id]) for element in used)


def why_not_made(job: Job, made: Mapping[ElementId, KeptElement]) -> JobError | None:
    """Return why a job's elements cannot all be made; None where they may still be."""
    for used in job.elements:
        element = made.get(used.id)
        if element is None:
            return JobError(code="element_failed", message=f"elements[{used.index}] is gone", retryable=True)
        if element.error is not None:
            message = f"elements[{used.index}] could not be made: {element.error.message}"
            return replace(element.error, code="element_failed", message=message)
    return None


def not_made_in_time() -> JobError:
    """Return the error of a job whose elements were waited for too long."""
    return JobError(code="element_timed_out", message="gave up waiting for its elements to be made", retryable=True)
