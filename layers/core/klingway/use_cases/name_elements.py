"""Find out what a request means by the ids of elements: one that the gateway keeps for this caller, or one of a provider's own.

One of ours is replaced by its description, so that whatever provider does the job gets what it takes: where elements are kept,
the job joins the very element; elsewhere the description goes into the request.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from klingway.domain.elements import ElementState, KeptElement
from klingway.domain.errors import Problem
from klingway.domain.ids import ElementId, Tenant, element_number_in, is_element_id
from klingway.domain.job import JobElement
from klingway.domain.request import Element, Request
from klingway.use_cases.element_ports import ElementStore

SomeRequest = TypeVar("SomeRequest", bound=Request)


@dataclass(frozen=True, slots=True, kw_only=True)
class Named(Generic[SomeRequest]):
    """A request, and what its elements' ids mean."""

    request: SomeRequest
    """With the descriptions of those that are ours."""
    elements: tuple[JobElement, ...]
    """Those that are ours."""
    unknown: Mapping[int, str]
    """Ids that are none of ours, by the element's index: of elements that a provider has."""
    problems: list[Problem]
    """What is wrong with those that are, or were, ours."""

    def at_ids(self, problems: Sequence[Problem]) -> list[Problem]:
        """Return problems of descriptions that the caller did not write at the ids that he did."""
        ours = {element.index for element in self.elements}
        return [self._at_id(problem, ours) for problem in problems]

    def _at_id(self, problem: Problem, ours: set[int]) -> Problem:
        for index in ours:
            place = f"elements[{index}]"
            if problem.field == place or problem.field.startswith(f"{place}."):
                return replace(
                    problem, field=f"{place}.id", message=f"of the element that has this id: {problem.message}"
                )
        return problem


def with_definitions(store: ElementStore, tenant: Tenant, request: SomeRequest) -> Named[SomeRequest]:
    """Return a request with the descriptions of elements that are kept for this caller in the places of their ids."""
    given = {index: element.id for index, element in enumerate(request.elements or []) if element.id is not None}
    ids = {index: ElementId(text) for index, text in given.items() if is_element_id(text)}
    numbers = {index: number for index, text in given.items() if (number := element_number_in(text)) is not None}
    if numbers:
        numbered = store.numbered(tenant, set(numbers.values()))
        ids |= {index: numbered[number] for index, number in numbers.items() if number in numbered}
    found = store.several(set(ids.values())) if ids else {}
    problems = [
        problem
        for index, element_id in sorted(ids.items())
        if (problem := _problem(f"elements[{index}].id", given[index], tenant, found.get(element_id)))
    ]
    wrong = {problem.field for problem in problems}
    ours = {index: found[ids[index]] for index in sorted(ids) if f"elements[{index}].id" not in wrong}
    described = [
        Element.model_validate(ours[index].definition) if index in ours else element
        for index, element in enumerate(request.elements or [])
    ]
    return Named(
        request=request.model_copy(update={"elements": described}) if ours else request,
        elements=tuple(JobElement(index=index, id=element.id) for index, element in ours.items()),
        unknown={index: text for index, text in given.items() if index not in ids},
        problems=problems,
    )


def _problem(place: str, text: str, tenant: Tenant, element: KeptElement | None) -> Problem | None:
    if element is None or element.tenant != tenant or not element.is_held:
        message = f"there is no element {text}; it may have been deleted."
        return Problem(field=place, code="not_found", message=message)
    if element.state is ElementState.FAILED:
        reason = element.error.message if element.error else "no reason is known"
        message = f"the element {text} could not be made: {reason}."
        return Problem(field=place, code="failed", message=message)
    return None
