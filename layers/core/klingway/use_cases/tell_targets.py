"""Have the targets of a job told of something: write the deliveries first, then send them."""

from collections.abc import Iterable
from dataclasses import dataclass

from klingway.domain.deliveries import Delivery
from klingway.use_cases.ports import DeliveryQueue, DeliveryStore


@dataclass(frozen=True, slots=True, kw_only=True)
class TellTargets:
    """Tells targets."""

    deliveries: DeliveryStore
    queue: DeliveryQueue

    def run(self, told: Iterable[Delivery]) -> None:
        """Tell; what is written already is sent again, since the first sending may have failed."""
        wanted = list(told)
        for delivery in wanted:
            self.deliveries.add(delivery)
        if wanted:
            self.queue.send_all([delivery.message for delivery in wanted])
