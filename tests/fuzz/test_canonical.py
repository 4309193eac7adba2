"""The canonical API: whatever its own description allows or forbids, and its creates with something done to them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import requests
import schemathesis
from hypothesis import event, given
from hypothesis import strategies as st
from klingway.api.openapi import document
from schemathesis import GenerationMode

from tests.fuzz.effort import EFFORT
from tests.fuzz.mutations import mutated
from tests.fuzz.services import CANONICAL
from tests.fuzz.stage import Asked, Stage, expect_nothing_done, expect_one_create

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.fuzz.stage import Answered

DESCRIPTION = document()
OPERATIONS = [found.ok() for found in schemathesis.openapi.from_dict(DESCRIPTION).get_all_operations()]
UNMISTAKABLE = {"GET /health", "GET /openapi.json"}
"""Of which nothing can be asked otherwise than it is described."""
CALLS = [
    (operation, mode)
    for operation in OPERATIONS
    for mode in GenerationMode
    if mode is GenerationMode.POSITIVE or operation.label not in UNMISTAKABLE
]


def asked(case: schemathesis.Case) -> Asked:
    """Return a generated call as a client would put it on the wire, the key aside."""
    sent = requests.Request(**case.as_transport_kwargs(base_url="https://gateway.example")).prepare()
    body = sent.body or b""
    headers = {
        name: value for name, value in sent.headers.items() if name.lower() not in {"authorization", "content-length"}
    }
    return Asked(
        method=sent.method or "",
        target=sent.path_url,
        headers={name: value if isinstance(value, str) else value.decode("latin-1") for name, value in headers.items()},
        body=body if isinstance(body, bytes) else body.encode(),
    )


def expect_described(answer: Answered, operation: Mapping[str, Any]) -> None:
    """Make sure that an answer has a status and a body that the description has."""
    responses = operation["responses"]
    assert str(answer.status) in responses, (answer.status, answer.text[:500])
    for content in responses[str(answer.status)].get("content", {}).values():
        described = {**content["schema"], "components": DESCRIPTION["components"]}
        jsonschema.Draft202012Validator(described).validate(answer.json)


@pytest.mark.parametrize(
    ("operation", "mode"), CALLS, ids=[f"{operation.label} {mode.value}" for operation, mode in CALLS]
)
def test_every_call_is_answered_as_described(stage: Stage, operation: Any, mode: GenerationMode) -> None:
    """Sound or not, a call is answered with a described status and body; one that is refused leaves nothing behind."""

    @EFFORT
    @given(case=operation.as_strategy(generation_mode=mode))
    def is_answered(case: schemathesis.Case) -> None:
        stage.clear()
        call = asked(case)
        answer = stage.ask(call)

        if call.method == operation.method.upper():
            expect_described(answer, operation.definition.raw)
        if answer.status != 202:
            expect_nothing_done(stage.traces())

    is_answered()


@pytest.mark.parametrize("name", CANONICAL)
@EFFORT
@given(data=st.data())
def test_a_create_is_made_once_or_refused_for_nothing(stage: Stage, name: str, data: st.DataObject) -> None:
    """What the services' documents have, said canonically and then changed: one job, or every problem and nothing done."""
    create = CANONICAL[name]
    body = data.draw(mutated(create.good, create.bad, create.pool))
    stage.clear()

    answer = stage.ask(Asked(method="POST", target=create.path, body=json.dumps(body).encode()))

    expect_described(answer, DESCRIPTION["paths"][create.path]["post"])
    event(str(answer.status))
    if answer.status == 202:
        expect_one_create(stage)
    else:
        expect_nothing_done(stage.traces())
