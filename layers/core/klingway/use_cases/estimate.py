"""Estimate a request: who could do it, at which price, how soon, and exactly what would be sent. Nothing is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from klingway.domain import elements, inputs
from klingway.domain.catalog import expected_to_json
from klingway.domain.errors import InvalidRequestError, Problem
from klingway.domain.ids import AttemptId, ElementId, JobId, Kind, ProviderName, Tenant
from klingway.domain.job import JobElement
from klingway.domain.pricing import price_of
from klingway.domain.request import AnyRequest
from klingway.domain.validation import doubts_of, provider_problems
from klingway.domain.views import price_to_json
from klingway.providers.contract import Provider, WireRequest
from klingway.use_cases import accepting
from klingway.use_cases.judge_request import Judged, JudgeRequest

_ZEROS: Final = "0" * 26
_ATTEMPT: Final = AttemptId(JobId(f"job_{_ZEROS}"), 1)
"""In the place of ids that a job would have."""
_ELEMENT: Final = ElementId(f"el_{_ZEROS}")
_FIRST_NUMBER: Final = 1
"""In the place of the numbers that elements get at the provider: 1, 2, … in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Estimates requests."""

    judge: JudgeRequest

    def run(self, tenant: Tenant, kind: Kind, body: Mapping[str, Any], *, public_url: str) -> dict[str, Any]:
        """Return the estimate of each provider that the request may go to, and the route that it would take.

        Raises:
            InvalidRequestError: Of everything that is wrong whoever the provider is.
            TooLargeError: It carries more inline than can be taken.
        """
        judged = self.judge.read(tenant, kind, body)
        accepting.expect_sound(judged.problems, judged.pictures)
        request = _with_stored(judged, tenant, self.judge.bucket_name)
        names = self.judge.providers.names()
        asked = [name for name in names if name in (request.provider or ())] or names
        return {
            "kind": kind,
            "model": request.asked_model,
            "route": self._route(judged),
            "estimates": [self._estimate(name, request, public_url) for name in asked],
        }

    def _route(self, judged: Judged) -> dict[str, Any] | None:
        try:
            route = self.judge.route(judged)
        except InvalidRequestError:
            return None  # each estimate says why
        return {"providers": list(route.providers), "reason": route.reason}

    def _estimate(self, name: ProviderName, request: AnyRequest, public_url: str) -> dict[str, Any]:
        provider = self.judge.providers.get(name)
        profile = provider.profile
        problems = provider_problems(request, profile)
        if provider.account is None:
            message = f"{name} has no credential in this gateway; set it with 'klingway init'."
            problems.append(Problem(field="provider", code="not_configured", message=message))
        model = profile.models_of(request.kind).get(request.asked_model)
        doubts = doubts_of(request, profile)
        return {
            "provider": name,
            "is_possible": not problems,
            "is_sure": not problems and not doubts,
            "problems": [problem.to_json() for problem in problems],
            "price": price_to_json(price_of(request, profile)) if not problems else None,
            "expected": None if model is None else expected_to_json(model.expected),
            "warnings": [f"whether {name} does {each} is not certain" for each in doubts],
            "requests": [] if problems else [_to_json(wire) for wire in _wires(provider, request, public_url)],
        }


def _with_stored(judged: Judged, tenant: Tenant, bucket: str) -> AnyRequest:
    """Return the request with the addresses that its inline pictures would have."""
    addresses = {picture.place: inputs.stored_address(picture, tenant, bucket) for picture in judged.pictures}
    return inputs.with_addresses(judged.request, addresses) if addresses else judged.request


def _wires(provider: Provider, request: AnyRequest, public_url: str) -> Sequence[WireRequest]:
    """Return what would be sent, in order; what would be given out on the way stands for itself."""
    made: list[JobElement] = []
    wires: list[WireRequest] = []
    registry = provider.elements
    if registry is not None:
        for number, (index, element) in enumerate(elements.described_in(request).items(), start=_FIRST_NUMBER):
            told_at = f"{public_url}/callbacks/{_ELEMENT}/…"
            wires.append(registry.render(element, reference=_ELEMENT, callback_url=told_at))
            made.append(JobElement(index=index, id=_ELEMENT, provider_id=str(number)))
    callback_url = f"{public_url}/callbacks/{_ATTEMPT}/…" if provider.profile.calls_back else None
    named = elements.with_ids(request, made)
    wires.append(provider.render(named, reference=str(_ATTEMPT), callback_url=callback_url))
    return wires


def _to_json(wire: WireRequest) -> dict[str, Any]:
    return {"method": "POST", "path": wire.path, "body": dict(wire.body)}
