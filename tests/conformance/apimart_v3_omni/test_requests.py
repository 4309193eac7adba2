"""APIMart, Kling v3 Omni: its requests, read in its dialect and sent to it."""

from __future__ import annotations

import pytest

from tests.conformance.apimart_v3_omni.cases import CASES, PAGE_FIELDS
from tests.conformance.harness import Case, judge
from tests.conformance.places import places_of


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_what_the_page_says(case: Case) -> None:
    """What it allows arrives at APIMart as it says; what it forbids is refused at that place, and nowhere else."""
    verdict = judge("apimart", case)

    assert case.refused == verdict.refused, verdict.messages
    assert case.upstream == (verdict.upstream or None), case.says
    assert case.warned == {warning.partition(":")[0] for warning in verdict.warnings}


def test_every_field_has_a_case() -> None:
    """Each of the page's fields is in a request that arrives; no case has a field that the page has not, but `size`."""
    given = {place for case in CASES if not case.refused for place in places_of(case.body)}

    assert PAGE_FIELDS | {"size"} == given


def test_names_tell_cases_apart() -> None:
    """Each once."""
    assert len(CASES) == len({case.name for case in CASES})
