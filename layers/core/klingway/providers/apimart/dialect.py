"""APIMart inbound: its two endpoints for Kling's models, answered by whichever provider does the work.

Source: APIMart's pages "Kling v3" and "Kling v3 Omni", its pages on tasks and errors. `GET /v1/tasks/{id}` takes `language`
and answers in English. APIMart lists nothing, keeps no elements and calls nobody back.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from klingway.domain.errors import GatewayError
from klingway.providers.apimart import answers, reading
from klingway.providers.dialects import (
    Action,
    Dialect,
    ElementDialect,
    Endpoint,
    ListDialect,
    Said,
    ShownJob,
    Translated,
)

_VIDEO: Final = "video"


class ApimartDialect:
    """APIMart's API, spoken to callers."""

    endpoints: Sequence[Endpoint] = (
        Endpoint("POST", "/v1/videos/generations", Action.CREATE, _VIDEO),
        Endpoint("GET", "/v1/tasks/{id}", Action.READ, _VIDEO),
    )
    """One product for both models: `model` in the body decides."""

    link_life_s: int | None = 86_400
    """"24 hours": `expires_at` is a day after `completed`."""

    takes_signed_tokens: bool = False

    elements: ElementDialect | None = None
    """None: elements are described in each create."""

    lists: ListDialect | None = None
    """None: APIMart has no list of tasks."""

    def translate(self, product: str, body: Mapping[str, Any]) -> Translated:  # noqa: ARG002 - there is one
        """Read a create.

        Raises:
            InvalidRequestError: With every problem that the page of its model sees in it.
        """
        return reading.translated(body)

    def accepted(self, shown: ShownJob) -> Said:
        """Answer a create."""
        return answers.created(shown.job)

    def show(self, endpoint: Endpoint, shown: ShownJob) -> Said:  # noqa: ARG002 - there is one
        """Answer a query."""
        return answers.task(shown)

    def refusal(self, error: GatewayError, *, endpoint: Endpoint | None, request_id: str) -> Said:  # noqa: ARG002 - APIMart names none
        """Say any error; HTTP status and `error.code` are the same."""
        return answers.refusal(error, endpoint)

    def callback(self, shown: ShownJob) -> Mapping[str, Any] | None:  # noqa: ARG002 - nobody is told anything
        """Return None: APIMart's API calls nobody back."""
        return None


DIALECT: Final[Dialect] = ApimartDialect()
