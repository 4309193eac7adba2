"""Callbacks about elements: the end of an element's making posted to the `callback_url` of its create, in that dialect's words.

Signed as callbacks about jobs are.
"""

from collections.abc import Callable
from dataclasses import dataclass

from klingway.domain.deliveries import Answer, Delivery, Verdict
from klingway.domain.ids import ElementId, ProviderName
from klingway.providers.dialects import Dialect
from klingway.use_cases.element_ports import ElementStore
from klingway.use_cases.signed_posts import SignedPosts


@dataclass(frozen=True, slots=True, kw_only=True)
class SendElementCallback:
    """Sends callbacks about elements."""

    posts: SignedPosts
    elements: ElementStore
    dialect_of: Callable[[ProviderName], Dialect]

    def send(self, delivery: Delivery) -> Answer:
        """Post how an element stands; of one that its caller has deleted meanwhile there is nothing more to say."""
        element = self.elements.get(ElementId(delivery.subject_id))
        if element is None or not element.is_held:
            return Answer(verdict=Verdict.GONE, error="the element was deleted")
        words = None if element.origin is None else self.dialect_of(element.origin.dialect).elements
        if words is None:
            return Answer(verdict=Verdict.REFUSED, error="this element's caller speaks in no dialect that calls back")
        return self.posts.send(delivery, words.callback(element), tenant=element.tenant)
