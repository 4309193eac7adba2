from __future__ import annotations

import itertools

import pytest
from klingway.domain import errors
from klingway.domain.errors import GatewayError, Problem


def test_a_problem_leaves_out_what_is_empty() -> None:
    """Field, code and message always; limit, source, provider and accepted_by where there are some."""
    least = Problem(field="mode", code="not_one_of", message="no")
    most = Problem(
        field="m", code="c", message="s", limit={"max": 0}, source="law", provider="klingai", accepted_by=("apimart",)
    )

    assert {"field": "mode", "code": "not_one_of", "message": "no"} == least.to_json()
    assert {
        "field": "m", "code": "c", "message": "s", "limit": {"max": 0}, "source": "law", "provider": "klingai",
        "accepted_by": ["apimart"],
    } == most.to_json()  # fmt: skip


@pytest.mark.parametrize("limit", [0, [], False, ""])
def test_a_limit_of_nothing_is_a_limit(limit: object) -> None:
    """No images means 0, no combination an empty list."""
    assert limit == Problem(field="f", code="c", message="m", limit=limit).to_json()["limit"]


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        (errors.MalformedRequestError, 400, "malformed_request"),
        (errors.UnauthenticatedError, 401, "unauthenticated"),
        (errors.ForbiddenError, 403, "forbidden"),
        (errors.NotFoundError, 404, "not_found"),
        (errors.NotReadyError, 409, "not_ready"),
        (errors.TooLargeError, 413, "too_large"),
        (errors.UnsupportedMediaTypeError, 415, "unsupported_media_type"),
        (errors.InvalidRequestError, 422, "invalid_request"),
        (errors.UnavailableError, 503, "unavailable"),
        (GatewayError, 500, "internal_error"),
    ],
)
def test_an_errors_status_and_code(kind: type[GatewayError], status: int, code: str) -> None:
    """As the API promises them."""
    raised = kind("why", [Problem(field="f", code="c", message="m")])

    assert (status, code, "why", "why", 1) == (
        raised.status, raised.code, raised.detail, str(raised), len(raised.problems),
    )  # fmt: skip


def test_no_more_problems_are_looked_for_than_can_be_told() -> None:
    """A hundred are told of more; the rest, here without end, costs nothing."""
    with pytest.raises(errors.InvalidRequestError) as refused:
        errors.expect_none(Problem(field=f"f{number}", code="c", message="m") for number in itertools.count())

    assert "The request has more than 100 problems; nothing was accepted." == refused.value.detail
    assert 100 == len(refused.value.problems)
