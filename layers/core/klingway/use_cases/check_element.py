"""Find out how an element stands, and do what follows: wait, tell who waits for it, delete it when nobody uses it any more.

One that its caller holds comes to rest instead, once the callback that he asked for is a delivery. This is what the work of the
kind `element` comes down to, whether the element's own chain, a provider's callback, the workflow or the poller sent it; and
`release`, which the end of a job leads to.
"""

from collections.abc import Callable
from dataclasses import dataclass

from klingway.domain import elements, schedule
from klingway.domain.elements import CALLER, ElementState, KeptElement
from klingway.domain.ids import ElementId, JobId
from klingway.domain.job import REQUEST_REFUSALS
from klingway.domain.work import Work
from klingway.observability import count, logger
from klingway.providers.contract import Made, ProviderError, Running
from klingway.use_cases.element_ports import ElementChangeRefusedError, Workflow
from klingway.use_cases.make_element import ElementChain, MakeElement, timed_out
from klingway.use_cases.ports import DeliveryQueue, DeliveryStore, JobStore


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckElement:
    """Looks after elements."""

    chain: ElementChain
    make: MakeElement
    jobs: JobStore
    workflow: Callable[[], Workflow]
    deliveries: DeliveryStore
    delivery_queue: DeliveryQueue

    def run(self, work: Work) -> None:
        """Do one piece of work about an element; what is out of date or repeated does nothing."""
        element = self.chain.elements.get(ElementId(work.id))
        if element is None or work.number not in {None, element.number}:
            return
        try:
            self._act(element, in_chain=work.number is not None)
        except ElementChangeRefusedError:
            logger().debug("somebody else was quicker", extra={"element_id": element.id})

    def release(self, work: Work) -> None:
        """Let go of the elements of a job that has ended."""
        job = self.jobs.get(JobId(work.id))
        if job is None or not job.state.is_terminal:
            return
        for used in job.elements:
            element = self.chain.elements.release(used.id, job.id)
            if element is not None and element.state.is_made:
                self._delete_if_unused(element)

    def _act(self, element: KeptElement, *, in_chain: bool) -> None:
        if element.state.is_made:
            self._tell(element)
            if in_chain:
                self._call_back(element)
                self._sweep(element)
            return
        try:
            self._advance(element, in_chain=in_chain)
        except KeyError:  # its provider was taken out of the settings: it may come back
            self._wait_or_fail(element, f"{element.provider}, which is not in the settings")

    def _advance(self, element: KeptElement, *, in_chain: bool) -> None:
        match element.state:
            case ElementState.WANTED:
                if in_chain:
                    self._make(element)
            case ElementState.SUBMITTING:
                self._look_up(element, in_chain=in_chain)
            case ElementState.RUNNING:
                self._ask(element)
            case _:
                if in_chain:
                    self._delete(element)

    def _make(self, element: KeptElement) -> None:
        if not element.users:  # whoever wanted it is gone
            self._delete_if_unused(element)
        elif self._is_over(element):
            self._fail(element, "the provider to have room")
        else:
            self.make.run(element)

    def _look_up(self, element: KeptElement, *, in_chain: bool) -> None:
        """Find out what became of a creation whose answer is not known."""
        try:
            task = self.make.registry_of(element).find(element.handle, element.id)
        except ProviderError as error:
            logger().warning("look-up failed", extra={"element_id": element.id, "error": error.error.code})
            if in_chain:
                self._wait_or_fail(element, "the provider to answer")
            return
        if task is not None:
            self.make.follow(element, task)
        elif in_chain:  # it never arrived: asked for again under the same reference, which the provider takes once
            after_s = schedule.back_off_s(element.tries)
            self.chain.go_on(element, elements.put_back(element, at=self.chain.now(), after_s=after_s), delay_s=after_s)

    def _ask(self, element: KeptElement) -> None:
        try:
            task = self.make.registry_of(element).check(element.handle)
        except ProviderError as error:
            logger().warning("check failed", extra={"element_id": element.id, "error": error.error.code})
            self._wait_or_fail(element, "the provider to answer")
            return
        if self._is_over(element) and isinstance(task.outcome, Running):
            self._fail(element, "the provider to make it")
        else:
            self.make.follow(element, task)

    def _wait_or_fail(self, element: KeptElement, waited_for: str) -> None:
        if self._is_over(element):
            self._fail(element, waited_for)
        else:
            self._wait(element)

    def _wait(self, element: KeptElement) -> None:
        after_s = schedule.next_element_check_after_s((self.chain.now() - element.created_at).total_seconds())
        self.chain.go_on(element, elements.wait(element, at=self.chain.now(), after_s=after_s), delay_s=after_s)

    def _fail(self, element: KeptElement, waited_for: str) -> None:
        change = elements.fail(element, at=self.chain.now(), error=timed_out(waited_for))
        self.chain.go_on(element, change, delay_s=0)

    def _is_over(self, element: KeptElement) -> bool:
        return (self.chain.now() - element.created_at).total_seconds() > schedule.ELEMENT_LIFE_S

    # ---------------------------------------------------------------------------------------- once it is made, or not

    def _tell(self, element: KeptElement) -> None:
        for waiter in self.chain.elements.waiters(element.id):
            self.workflow().resume(waiter.token, element.id, element.error)
            self.chain.elements.remove_waiter(waiter)

    def _call_back(self, element: KeptElement) -> None:
        """Write what its caller is to be told, then send it; what was written before falls due by itself if it was not sent."""
        for delivery in elements.callbacks_about(element, at=self.chain.now()):
            if self.deliveries.add(delivery):
                self.delivery_queue.send(delivery.message)

    def _sweep(self, element: KeptElement) -> None:
        """Look who still uses it: a release may have been lost with its message."""
        for user in element.users - {CALLER}:
            job = self.jobs.get(JobId(user))
            if job is None or job.state.is_terminal:
                element = self.chain.elements.release(element.id, JobId(user)) or element
        if element.users == {CALLER}:
            self._leave_to_its_caller(element)
        elif element.users:
            self._come_by_again(element, schedule.ELEMENT_SWEEP_S)
        else:
            self._delete_if_unused(element)

    def _leave_to_its_caller(self, element: KeptElement) -> None:
        """Let an element rest that is made; one that could not be made is shown for some weeks, and then forgotten."""
        now = self.chain.now()
        if element.state is ElementState.READY:
            self.chain.elements.apply(element.id, elements.rest(element, at=now))
            return
        shown_s = schedule.ELEMENT_FAILURE_SHOWN_S - (now - element.created_at).total_seconds()
        if shown_s > 0:
            self._come_by_again(element, shown_s)
        else:
            self._delete_if_unused(self.chain.elements.let_go(element, at=now) or element)

    def _come_by_again(self, element: KeptElement, after_s: float) -> None:
        """Leave an element to the poller: nobody waits for what happens next, so no message is sent."""
        self.chain.elements.apply(element.id, elements.wait(element, at=self.chain.now(), after_s=after_s))

    def _delete_if_unused(self, element: KeptElement) -> None:
        if element.users:
            return
        try:
            element = self.chain.elements.apply(element.id, elements.begin_deleting(element, at=self.chain.now()))
        except ElementChangeRefusedError:
            return  # a new job has joined, or somebody else deletes it
        self._delete(element)

    def _delete(self, element: KeptElement) -> None:
        tried_s = (self.chain.now() - (element.deleting_since or element.updated_at)).total_seconds()
        is_given_up = tried_s >= schedule.ELEMENT_DELETED_WITHIN_S
        try:
            is_gone = self._is_gone(element)
        except (ProviderError, KeyError) as error:
            logger().warning("not deleted", extra={"element_id": element.id, "error": str(error)[:200]})
            is_gone = False
            is_given_up |= isinstance(error, ProviderError) and error.error.code in REQUEST_REFUSALS
        if not is_gone and not is_given_up:
            self._come_by_again(element, schedule.next_element_deletion_after_s(tried_s))
            return
        if not is_gone:
            count("ElementLeftBehind", provider=element.provider)
        self.chain.elements.remove(element)

    def _is_gone(self, element: KeptElement) -> bool:
        """Delete an element at the provider; tell whether there is nothing of it left, or still to come.

        One that was given up may have been made all the same: its answer was lost, or it took too long.
        """
        provider_id = element.provider_id
        if provider_id is None and not element.tries:
            return True  # it was never asked for
        registry = self.make.registry_of(element)
        if provider_id is None:
            task = registry.find(element.handle, element.id)
            if task is not None and isinstance(task.outcome, Running):
                return False
            if task is not None and isinstance(task.outcome, Made):
                provider_id = task.outcome.element_id
        if provider_id is not None:
            registry.delete(provider_id)
        return True
