"""What the API answers, as JSON schema; `openapi` says which route answers what."""

from typing import Any, Final

from klingway.domain.deliveries import JOB_EVENTS, DeliveryState
from klingway.domain.job import AttemptState, LearntBy, State
from klingway.domain.request import REQUESTS

REF: Final = "#/components/schemas/{model}"
"""Where a model of the description stands in it."""


def text(description: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON schema
    """Return the schema of a text."""
    return {"type": "string", "description": description, **more}


def json_object(required: list[str], **properties: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON schema
    """Return the schema of an object."""
    return {"type": "object", "required": required, "properties": properties}


def maybe(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of what may be null instead."""
    return {"anyOf": [schema, {"type": "null"}]}


MOMENT = {"type": "string", "format": "date-time"}
ERROR = json_object(
    ["code", "message", "retryable"],
    code={"type": "string"},
    message={"type": "string"},
    retryable={"type": "boolean"},
    provider_code=text("The provider's own code."),
)
FILE = json_object(
    ["name", "role", "s3_uri", "url", "size_bytes", "sha256", "content_type"],
    name={"type": "string"},
    role={"enum": ["video", "image", "watermarked", "provenance"]},
    s3_uri={"type": "string"},
    url=text("A link that needs no key; it lives as long as the gateway's ResultLinkHours says."),
    size_bytes={"type": "integer"},
    sha256=text("Hexadecimal."),
    content_type={"type": "string"},
    duration_s={"type": "number"},
    width={"type": "integer"},
    height={"type": "integer"},
)
ATTEMPT = json_object(
    ["number", "provider", "state", "tries"],
    number={"type": "integer"},
    provider={"type": "string"},
    task_id=maybe(text("The provider's own id.")),
    state={"enum": [state.value for state in AttemptState]},
    tries={"type": "integer", "description": "Calls made, refused ones included."},
    started_at=MOMENT,
    accepted_at=maybe(MOMENT),
    ended_at=maybe(MOMENT),
    error=maybe(ERROR),
)
PRICE = json_object(
    ["amount", "currency", "source"], amount={"type": "string"}, currency={"type": "string"}, source={"type": "string"}
)
LATE_RESULT = json_object(
    ["attempt", "provider", "stored_at", "files"],
    attempt={"type": "integer", "description": "Its number."},
    provider={"type": "string"},
    stored_at=MOMENT,
    files={"type": "array", "items": FILE},
)
JOB = json_object(
    ["id", "kind", "state", "model", "provider", "request", "created_at", "updated_at", "attempts"],
    id=text("`job_` and 26 characters; sorts by time."),
    kind={"enum": list(REQUESTS)},
    state={"enum": [state.value for state in State]},
    model={"type": "string"},
    provider={"type": "string"},
    route_reason=text("Why this provider."),
    retry_of=maybe(text("The ended job whose request this one repeats.")),
    reference=maybe({"type": "string"}),
    metadata={"type": "object"},
    request={"anyOf": [{"$ref": REF.format(model=request.__name__)} for request in REQUESTS.values()]},
    created_at=MOMENT,
    updated_at=MOMENT,
    deadline_at=MOMENT,
    finished_at=maybe(MOMENT),
    learnt_by=maybe({"enum": [way.value for way in LearntBy]}),
    attempts={"type": "array", "items": ATTEMPT},
    price=maybe(PRICE),
    error=maybe(ERROR),
    warnings={"type": "array", "items": {"type": "string"}},
    result_mismatch={"type": "array", "items": {"enum": ["duration_s", "aspect_ratio", "count"]}},
    result=maybe(json_object(["files"], files={"type": "array", "items": FILE})),
    late_results={
        "type": "array",
        "items": LATE_RESULT,
        "description": "What attempts have brought that the job had ended without; its state stays.",
    },
)
_USD = text("US dollars, a decimal number as text.")
BUDGET = json_object(
    ["day", "daily_cap_usd", "day_usd", "month", "monthly_cap_usd", "month_usd", "allows_unpriced"],
    day=text("The day of UTC."),
    daily_cap_usd=maybe(_USD),
    day_usd=_USD,
    month={"type": "string"},
    monthly_cap_usd=maybe(_USD),
    month_usd=_USD,
    allows_unpriced={"type": "boolean", "description": "Whether providers are asked whose price is unknown."},
)
DELIVERY = json_object(
    ["id", "kind", "address", "event", "state", "created_at", "finished_at", "tries"],
    id=text("The same at each try; a webhook's `webhook-id`."),
    kind={"enum": ["webhook", "callback", "outbox"]},
    address=text("The URL of a webhook or callback; for the outbox the key in the bucket, without its ending."),
    event={"enum": list(JOB_EVENTS)},
    state={
        "enum": [state.value for state in DeliveryState],
        "description": "`failed`: given up, or refused for good. `gone`: the receiver answered 410.",
    },
    created_at=MOMENT,
    finished_at=maybe(MOMENT),
    tries={
        "type": "array",
        "items": json_object(
            ["at", "took_ms"],
            at=MOMENT,
            took_ms={"type": "integer"},
            status={"type": "integer", "description": "The HTTP status, where there was an answer."},
            error=text("What was wrong, where there was none."),
        ),
    },
)
LIMIT = json_object(
    ["of", "limit", "source"],
    of=text("What is measured."),
    limit={"description": "A range, a list of values, or a pattern."},
    source=text("Whose rule it is."),
    **{
        "with": {"type": "array", "items": {"type": "string"}, "description": "Only for requests that have these."},
        "without": {
            "type": "array",
            "items": {"type": "string"},
            "description": "Only for requests that have none of these.",
        },
    },
)
PRICES = json_object(
    ["currency", "unit", "rates", "source"],
    currency={"type": "string"},
    unit={"enum": ["second", "picture"]},
    rates={"type": "array", "items": json_object(["per_unit"], per_unit={"type": "string"})},
    source={"type": "string"},
)
EXPECTED = json_object(
    ["early_s", "usual_s", "late_s", "source"],
    early_s={"type": "number"},
    usual_s={"type": "number"},
    late_s={"type": "number"},
    source={"type": "string"},
)
PROVIDER = json_object(
    ["name", "has_credential", "calls_back", "finds_by_reference", "elements", "models", "dialect"],
    name={"type": "string"},
    has_credential={"type": "boolean"},
    calls_back={"type": "boolean", "description": "Whether it tells of a task's end by itself; else it is asked."},
    finds_by_reference={
        "type": "boolean",
        "description": "Whether a submission whose answer was lost can be found again.",
    },
    elements={
        "enum": ["kept", "by request"],
        "description": "Whether elements are made first and kept, or go into each request.",
    },
    rules_as_of={"type": "string", "format": "date"},
    switches={"type": "array", "items": {"type": "string"}},
    options={"type": "array", "items": {"type": "string"}, "description": "What `provider_options` may carry."},
    dialect={"type": "array", "items": {"type": "string"}, "description": "Its own API, as callers reach it here."},
    models={
        "type": "array",
        "items": json_object(
            ["kind", "model", "supports", "limits", "prices", "expected", "source"],
            kind={"enum": list(REQUESTS)},
            model={"type": "string"},
            supports={"type": "object", "additionalProperties": {"enum": ["documented", "doubtful"]}},
            limits={"type": "array", "items": LIMIT},
            prices=maybe(PRICES),
            expected=EXPECTED,
            source={"type": "string"},
        ),
    },
)
PROBLEM = json_object(
    ["type", "title", "status", "detail", "problems", "request_id"],
    type={"type": "string"},
    title={"type": "string"},
    status={"type": "integer"},
    detail={"type": "string"},
    problems={
        "type": "array",
        "items": json_object(
            ["field", "code", "message"],
            field=text("Where: `shots[1].duration_s`, or a header's name."),
            code={"type": "string"},
            message=text("A sentence that names the limit and what would be accepted."),
            limit={"description": "The limit as data."},
            source=text("Whose rule it is."),
            provider=text("Who cannot do it; left out of what holds whoever the provider is."),
            accepted_by={
                "type": "array",
                "items": {"type": "string"},
                "description": "Providers that would accept this part of the request.",
            },
        ),
    },
    request_id={"type": "string"},
)
ESTIMATE = json_object(
    ["provider", "is_possible", "is_sure", "problems", "price", "expected", "warnings", "requests"],
    provider={"type": "string"},
    is_possible={"type": "boolean"},
    is_sure={"type": "boolean", "description": "Whether `auto` would take it: nothing asked for is doubtful there."},
    problems=PROBLEM["properties"]["problems"],
    price=maybe(PRICE),
    expected=maybe(EXPECTED),
    warnings={"type": "array", "items": {"type": "string"}},
    requests={
        "type": "array",
        "items": json_object(
            ["method", "path", "body"],
            method={"const": "POST"},
            path={"type": "string"},
            body={"type": "object", "description": "Exactly what would be sent, but for ids that do not exist yet."},
        ),
        "description": "What would be sent, in order: elements that are made first, then the task.",
    },
)
ESTIMATES = json_object(
    ["kind", "model", "route", "estimates"],
    kind={"enum": list(REQUESTS)},
    model={"type": "string"},
    route=maybe(
        json_object(
            ["providers", "reason"],
            providers={"type": "array", "items": {"type": "string"}, "description": "Best first."},
            reason={"type": "string"},
        )
    ),
    estimates={"type": "array", "items": ESTIMATE},
)
ELEMENT = json_object(
    ["id", "number", "state", "definition", "provider", "created_at", "error"],
    id=text("`el_` and 26 characters; names it in `elements[].id` of requests."),
    number={"type": "integer", "description": "Names it there as well, and in the dialects that know numbers alone."},
    state={"enum": ["wanted", "making", "ready", "failed"]},
    definition={"$ref": REF.format(model="Element"), "description": "As it was given."},
    provider=text("Who keeps it; a provider that keeps none is given the description with each request."),
    created_at=MOMENT,
    error=maybe(ERROR),
)
