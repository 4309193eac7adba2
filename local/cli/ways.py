"""The ways in which the demo asks: over HTTP, in a service's own words, by a file in the inbox, by an event on the bus."""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from typing_extensions import override

from local.cli.client import ApiError
from local.cli.following import TooLongError
from local.cli.services import SERVICES, said

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from local.cli.backstage import Backstage
    from local.cli.client import Gateway

_LONGEST_S: Final = 60.0
_LOOK_S: Final = 0.5


@dataclass(frozen=True)
class Stage:
    """What one act has.

    Attributes:
        gateway: A client.
        backstage: The whole stack.
        folder: Where the act's files go.
        sleep: Waits; raises TooLongError where the demo is to end.
    """

    gateway: Gateway
    backstage: Backstage
    folder: Path
    sleep: Callable[[float], None]

    def answer(self, reference: str, refusal: Callable[[], Mapping[str, Any] | None]) -> dict[str, Any]:
        """Wait for the job of a reference, or for its refusal.

        Raises:
            ApiError: It was refused.
            TooLongError: Neither came.
        """
        end = time.monotonic() + _LONGEST_S
        while time.monotonic() < end:
            if jobs := self.gateway.jobs(reference=reference)["jobs"]:
                job: dict[str, Any] = jobs[0]
                return job
            if refused := refusal():
                raise ApiError(
                    refused["title"], refused["detail"], refused["status"], refused["problems"], dict(refused)
                )
            self.sleep(_LOOK_S)
        raise TooLongError


class Way(ABC):
    """A way of asking for a video."""

    @property
    def outbox(self) -> str | None:
        """Where the end is written besides, without the endings."""
        return None

    @property
    def correlation_id(self) -> str | None:
        """What every event about it carries."""
        return None

    @property
    def service(self) -> str | None:
        """In whose words it is asked for, where not in our own."""
        return None

    @abstractmethod
    def ask(self, stage: Stage, request: Mapping[str, Any], reference: str) -> dict[str, Any]:
        """Ask, and return the job; `reference` is what it is called, where it can be called anything.

        Raises:
            ApiError: It was refused.
            TooLongError: No answer came.
        """


@dataclass(frozen=True)
class OverHttp(Way):
    """`POST /v1/videos`, or `/v1/images`."""

    kind: str = "video"

    @override
    def ask(self, stage: Stage, request: Mapping[str, Any], reference: str) -> dict[str, Any]:
        return stage.gateway.submit({**request, "reference": reference}, kind=self.kind)


@dataclass(frozen=True)
class InWordsOf(Way):
    """A service's own API, under its name; `provider` makes it, where not that service itself."""

    name: str
    provider: str | None = None

    @property
    @override
    def service(self) -> str:
        return self.name

    @override
    def ask(self, stage: Stage, request: Mapping[str, Any], reference: str) -> dict[str, Any]:
        service = SERVICES[self.name]
        answer = stage.gateway.spoken(self.name, service.create, request, provider=self.provider)
        return stage.gateway.job(said(answer, service.task_id))


@dataclass(frozen=True)
class InboxFile(Way):
    """An object `inbox/<name>.json`."""

    name: str

    @property
    @override
    def outbox(self) -> str:
        return f"outbox/{self.name}"

    @override
    def ask(self, stage: Stage, request: Mapping[str, Any], reference: str) -> dict[str, Any]:
        cloud = stage.backstage.twin.cloud
        body = json.dumps({**request, "reference": reference}).encode()
        cloud.client("s3").put_object(Bucket=cloud.outputs["BucketName"], Key=f"inbox/{self.name}.json", Body=body)

        def refusal() -> Any:  # noqa: ANN401 - JSON
            document = stage.backstage.object(f"{self.outbox}.error.json")
            return document and json.loads(document)

        return stage.answer(reference, refusal)


@dataclass(frozen=True)
class BusEvent(Way):
    """An event `Video Requested` of a shop."""

    correlated_by: str

    @property
    @override
    def correlation_id(self) -> str:
        return self.correlated_by

    @override
    def ask(self, stage: Stage, request: Mapping[str, Any], reference: str) -> dict[str, Any]:
        cloud = stage.backstage.twin.cloud
        detail = {"request": {**request, "reference": reference}, "correlation_id": self.correlation_id}
        entry = {"Source": "shop", "DetailType": "Video Requested", "Detail": json.dumps(detail)}
        cloud.client("events").put_events(Entries=[entry | {"EventBusName": cloud.outputs["EventBusName"]}])

        def refusal() -> Mapping[str, Any] | None:
            told = stage.backstage.events("Video Request Rejected")
            return next((detail for detail in told if detail["correlation_id"] == self.correlation_id), None)

        return stage.answer(reference, refusal)
