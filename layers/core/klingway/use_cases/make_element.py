"""Have a provider make an element: once, whatever happens in between.

The row says so before the provider is asked. Creating is asked for under our own reference, which the provider takes once:
after a lost answer the element is looked up, and only one that never arrived is asked for again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from klingway.domain import elements, inputs, schedule
from klingway.domain.elements import ElementChange, ElementState, KeptElement
from klingway.domain.job import JobError
from klingway.domain.keys import Keyring
from klingway.domain.request import Element, VideoRequest
from klingway.domain.work import Work, WorkKind
from klingway.providers.contract import Created, ElementRegistry, ElementTask, Failed, Made, ProviderError
from klingway.use_cases.element_ports import ElementStore
from klingway.use_cases.ports import MediaBucket, Now, Providers, WorkQueue
from klingway.use_cases.submit_attempt import INPUT_LINK_S

CALL_TIMEOUT_S: Final = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementChain:
    """Takes elements from one step to the next: write first, then send."""

    elements: ElementStore
    queue: WorkQueue
    now: Now

    def go_on(self, element: KeptElement, change: ElementChange, *, delay_s: float) -> KeptElement:
        """Write a change, then send the work that follows from it.

        Raises:
            ElementChangeRefusedError: Somebody else was quicker; nothing is sent.
        """
        changed = self.elements.apply(element.id, change)
        self.queue.send(Work(kind=WorkKind.ELEMENT, id=changed.id, number=changed.number), delay_s=delay_s)
        return changed


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeElement:
    """Has elements made."""

    chain: ElementChain
    providers: Providers
    keyring: Callable[[], Keyring]
    bucket: MediaBucket
    function_timeout_s: int

    def run(self, element: KeptElement) -> KeptElement:
        """Ask the provider for an element that is wanted; return it as it stands then.

        Raises:
            ElementChangeRefusedError: Somebody else was quicker.
        """
        registry = self.registry_of(element)
        definition = self._with_links(element)
        token = self.keyring().callback_token(element.id)
        callback_url = f"{element.public_url}/callbacks/{element.id}/{token}"
        wire = registry.render(definition, reference=element.id, callback_url=callback_url)
        now = self.chain.now()
        due_at = now + timedelta(seconds=schedule.falls_due_after_s(self.function_timeout_s))
        change = elements.begin(element, at=now, handle=wire.handle, due_at=due_at)
        element = self.chain.elements.apply(element.id, change)
        try:
            task = registry.create(wire, timeout_s=CALL_TIMEOUT_S)
        except ProviderError as error:
            return self._not_accepted(element, error)
        return self.follow(element, task)

    def registry_of(self, element: KeptElement) -> ElementRegistry:
        """Return the registry of an element's provider.

        Raises:
            KeyError: It is configured no more, or keeps no elements.
        """
        registry = self.providers.get(element.provider).elements
        if registry is None:
            raise KeyError(element.provider)
        return registry

    def follow(self, element: KeptElement, task: ElementTask) -> KeptElement:
        """Write what the provider says of an element, and send the work that follows."""
        now = self.chain.now()
        match task.outcome:
            case Made(element_id=provider_id):
                change = elements.make_ready(at=now, provider_id=provider_id)
                return self.chain.go_on(element, change, delay_s=0)
            case Failed(error=error):
                return self._failed(element, error)
            case _:
                elapsed_s = (now - element.created_at).total_seconds()
                after_s = schedule.next_element_check_after_s(elapsed_s)
                if element.state is ElementState.SUBMITTING:
                    change = elements.accept(element, at=now, handle=task.handle, after_s=after_s)
                else:
                    change = elements.wait(element, at=now, after_s=after_s)
                return self.chain.go_on(element, change, delay_s=after_s)

    def _not_accepted(self, element: KeptElement, error: ProviderError) -> KeptElement:
        now = self.chain.now()
        if error.already_exists or error.created is Created.MAYBE:
            after_s: float = schedule.ALREADY_THERE_S if error.already_exists else schedule.FIRST_LOOK_UP_S
            return self.chain.go_on(element, elements.wait(element, at=now, after_s=after_s), delay_s=after_s)
        if not error.error.retryable:
            return self._failed(element, error.error)
        after_s = error.retry_after_s or schedule.back_off_s(element.tries)
        return self.chain.go_on(element, elements.put_back(element, at=now, after_s=after_s), delay_s=after_s)

    def _failed(self, element: KeptElement, error: JobError) -> KeptElement:
        """Write that it cannot be made, and send the work that tells whoever waits for it.

        Its own caller may be having this as the answer to his create, and then lets go of it in the same breath: nobody else
        is told before that can have happened, or he would be called back about what was refused.
        """
        is_being_answered = element.is_held and element.state is ElementState.SUBMITTING
        delay_s = schedule.ELEMENT_ANSWERED_S if is_being_answered else 0
        return self.chain.go_on(element, elements.fail(element, at=self.chain.now(), error=error), delay_s=delay_s)

    def _with_links(self, element: KeptElement) -> Element:
        """Return the description as the provider gets it: objects of our bucket become links."""
        around = {"elements": [dict(element.definition)]}
        links = {
            place: self.bucket.link(found.key, expires_s=INPUT_LINK_S)
            for place, url in inputs.media_places(around).items()
            if (found := inputs.bucket_object(url)) is not None
        }
        request = inputs.with_addresses(VideoRequest.model_validate(around), links)
        return (request.elements or [])[0]


def timed_out(waited_for: str) -> JobError:
    """Return the error of an element that was waited for too long."""
    return JobError(code="element_timed_out", message=f"gave up waiting for {waited_for}", retryable=True)
