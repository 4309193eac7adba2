"""What each service's answers look like, as JSON schema: written by hand from its document, and not from our models.

Sources: Kling's API specification of 2026-02-10 (creates, queries, its error table); EzModel's pages of Kling Omni Video and
its published source (two envelopes of errors); APIMart's pages of Kling v3, of tasks and of errors; Unifically's pages of
Kling v3.0 Omni, of tasks and of errors.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import jsonschema

if TYPE_CHECKING:
    from collections.abc import Mapping

TEXT = {"type": "string"}
WORDS = {"type": "string", "minLength": 1, "pattern": r"\S"}
WHOLE = {"type": "integer"}
NO: Mapping[str, Any] = {"const": False}
YES: Mapping[str, Any] = {"const": True}
JOB_ID = {"type": "string", "pattern": "^job_[0-9A-HJKMNP-TV-Z]{26}$"}


def an_object(**fields: Any) -> dict[str, Any]:
    """Return the schema of an object with these fields, and no others."""
    return {"type": "object", "required": list(fields), "properties": fields, "additionalProperties": False}


def one_of(*values: Any) -> dict[str, Any]:
    return {"enum": list(values)}


@dataclass(frozen=True)
class Shapes:
    """A service's answers."""

    created: Mapping[str, Any]
    """Of a good create, which is HTTP 200."""
    refusals: Mapping[int, Mapping[str, Any]]
    """Of a caller's mistakes, by HTTP status."""

    def expect_created(self, body: Any) -> None:
        self._created.validate(body)

    def expect_refusal(self, status: int, body: Any) -> None:
        assert status in self.refusals, (status, body)
        self._refusals[status].validate(body)

    @cached_property
    def _created(self) -> jsonschema.Draft202012Validator:
        return jsonschema.Draft202012Validator(self.created)

    @cached_property
    def _refusals(self) -> Mapping[int, jsonschema.Draft202012Validator]:
        return {status: jsonschema.Draft202012Validator(schema) for status, schema in self.refusals.items()}


def _klingai(*codes: int) -> dict[str, Any]:
    return an_object(code=one_of(*codes), message=WORDS, request_id=TEXT)


KLINGAI = Shapes(
    created=an_object(
        code=one_of(0),
        message=WORDS,
        request_id=WORDS,
        data=an_object(
            task_id=JOB_ID,
            task_status=one_of("submitted", "processing"),
            task_info=an_object(external_task_id=TEXT),
            created_at=WHOLE,
            updated_at=WHOLE,
        ),
    ),
    refusals={400: _klingai(1200, 1201), 401: _klingai(1001, 1002, 1003, 1004), 404: _klingai(1203)},
)

_EZMODEL_NESTED = an_object(error=an_object(message=WORDS, type=WORDS, code=TEXT))


def _ezmodel(*codes: str) -> dict[str, Any]:
    return an_object(code=one_of(*codes), message=WORDS, data={"type": "null"})


EZMODEL = Shapes(
    created=an_object(
        id=JOB_ID,
        task_id=JOB_ID,
        object=one_of("video"),
        model=one_of("kling-v3-omni", "kling-video-o1"),
        status=TEXT,
        progress=one_of(0),
        created_at=WHOLE,
    ),
    refusals={
        400: {"anyOf": [_ezmodel("invalid_request", "task_failed", "task_not_exist"), _EZMODEL_NESTED]},
        401: _EZMODEL_NESTED,
        404: _EZMODEL_NESTED,
        413: _ezmodel("invalid_request"),
    },
)


def _apimart(status: int, kind: str) -> dict[str, Any]:
    return an_object(error=an_object(code=one_of(status), message=WORDS, type=one_of(kind)))


APIMART = Shapes(
    created=an_object(
        code=one_of(200),
        data={
            "type": "array",
            "minItems": 1,
            "maxItems": 1,
            "items": an_object(status=one_of("submitted"), task_id=JOB_ID),
        },
    ),
    refusals={
        400: _apimart(400, "invalid_request_error"),
        401: _apimart(401, "authentication_error"),
        404: _apimart(404, "invalid_request_error"),
        413: _apimart(413, "invalid_request_error"),
    },
)


def _unifically(status: int, word: str) -> dict[str, Any]:
    return an_object(code=one_of(status), success=NO, data=an_object(message=WORDS, code=one_of(word)))


UNIFICALLY = Shapes(
    created=an_object(code=one_of(200), success=YES, data=an_object(task_id=JOB_ID, status=one_of("pending"))),
    refusals={
        400: _unifically(400, "generation_failed"),
        401: _unifically(401, "authentication_failed"),
        404: _unifically(404, "not_found"),
        413: _unifically(413, "request_too_large"),
        422: _unifically(422, "validation_error"),
    },
)

SHAPES: Mapping[str, Shapes] = {
    "klingai": KLINGAI,
    "ezmodel": EZMODEL,
    "apimart": APIMART,
    "unifically": UNIFICALLY,
}
