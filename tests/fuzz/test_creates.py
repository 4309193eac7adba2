"""Creates of every dialect, with something done to the documents' own requests."""

from __future__ import annotations

import json

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from tests.fuzz.effort import EFFORT
from tests.fuzz.mutations import mutated
from tests.fuzz.services import CREATES
from tests.fuzz.shapes import SHAPES
from tests.fuzz.stage import Asked, Stage, expect_nothing_done, expect_one_create

PROVIDERS = (*[""] * 12, "auto", "klingai", "ezmodel", "apimart", "unifically", "unifically, klingai", "apimart,auto")


@pytest.mark.parametrize("name", CREATES)
@EFFORT
@given(data=st.data(), provider=st.sampled_from(PROVIDERS))
def test_a_create_is_made_once_or_refused_for_nothing(
    stage: Stage, name: str, provider: str, data: st.DataObject
) -> None:
    """It is never a defect.

    Taken: the service's own answer, one job, and one create that its provider's rules take. Else refused in the service's own
    words, and nothing written or sent.
    """
    create = CREATES[name]
    body = data.draw(mutated(create.good, create.bad, create.pool))
    stage.clear()
    headers = {"Klingway-Provider": provider} if provider else {}

    answer = stage.ask(Asked(method="POST", target=create.path, headers=headers, body=json.dumps(body).encode()))

    if answer.status == 200:
        event("taken")
        SHAPES[create.service].expect_created(answer.json)
        expect_one_create(stage)
    else:
        event("refused")
        SHAPES[create.service].expect_refusal(answer.status, answer.json)
        expect_nothing_done(stage.traces())
