"""The description of the API (OpenAPI 3.1), made from the very models that read requests; docs/openapi.json is its copy."""

from functools import cache
from typing import Any

from klingway import VERSION
from klingway.domain.deliveries import DeliveryState
from klingway.domain.events import DELIVERED
from klingway.domain.job import AttemptState, LearntBy, State
from klingway.domain.request import REQUESTS
from klingway.domain.rules import NOT_YET

_REF = "#/components/schemas/{model}"


def _text(description: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON schema
    return {"type": "string", "description": description, **more}


def _object(required: list[str], **properties: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON schema
    return {"type": "object", "required": required, "properties": properties}


def _maybe(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


_MOMENT = {"type": "string", "format": "date-time"}
_ERROR = _object(
    ["code", "message", "retryable"],
    code={"type": "string"},
    message={"type": "string"},
    retryable={"type": "boolean"},
    provider_code=_text("The provider's own code."),
)
_FILE = _object(
    ["name", "role", "s3_uri", "url", "size_bytes", "sha256", "content_type"],
    name={"type": "string"},
    role={"enum": ["video", "image", "watermarked", "provenance"]},
    s3_uri={"type": "string"},
    url=_text("A link that needs no key; it lives as long as the gateway's ResultLinkHours says."),
    size_bytes={"type": "integer"},
    sha256=_text("Hexadecimal."),
    content_type={"type": "string"},
    duration_s={"type": "number"},
    width={"type": "integer"},
    height={"type": "integer"},
)
_ATTEMPT = _object(
    ["number", "provider", "state", "tries"],
    number={"type": "integer"},
    provider={"type": "string"},
    task_id=_maybe(_text("The provider's own id.")),
    state={"enum": [state.value for state in AttemptState]},
    tries={"type": "integer", "description": "Calls made, refused ones included."},
    started_at=_MOMENT,
    accepted_at=_maybe(_MOMENT),
    ended_at=_maybe(_MOMENT),
    error=_maybe(_ERROR),
)
_PRICE = _object(
    ["amount", "currency", "source"], amount={"type": "string"}, currency={"type": "string"}, source={"type": "string"}
)
_JOB = _object(
    ["id", "kind", "state", "model", "provider", "request", "created_at", "updated_at", "attempts"],
    id=_text("`job_` and 26 characters; sorts by time."),
    kind={"enum": list(REQUESTS)},
    state={"enum": [state.value for state in State]},
    model={"type": "string"},
    provider={"type": "string"},
    route_reason=_text("Why this provider."),
    reference=_maybe({"type": "string"}),
    metadata={"type": "object"},
    request={"anyOf": [{"$ref": _REF.format(model=request.__name__)} for request in REQUESTS.values()]},
    created_at=_MOMENT,
    updated_at=_MOMENT,
    finished_at=_maybe(_MOMENT),
    learnt_by=_maybe({"enum": [way.value for way in LearntBy]}),
    attempts={"type": "array", "items": _ATTEMPT},
    price=_maybe(_PRICE),
    error=_maybe(_ERROR),
    warnings={"type": "array", "items": {"type": "string"}},
    result_mismatch={"type": "array", "items": {"enum": ["duration_s", "aspect_ratio", "count"]}},
    result=_maybe(_object(["files"], files={"type": "array", "items": _FILE})),
)
_DELIVERY = _object(
    ["id", "kind", "address", "event", "state", "created_at", "finished_at", "tries"],
    id=_text("The same at each try; a webhook's `webhook-id`."),
    kind={"enum": ["webhook", "callback", "outbox"]},
    address=_text("The URL of a webhook or callback; for the outbox the key in the bucket, without its ending."),
    event={"enum": list(DELIVERED.values())},
    state={
        "enum": [state.value for state in DeliveryState],
        "description": "`failed`: given up, or refused for good. `gone`: the receiver answered 410.",
    },
    created_at=_MOMENT,
    finished_at=_maybe(_MOMENT),
    tries={
        "type": "array",
        "items": _object(
            ["at", "took_ms"],
            at=_MOMENT,
            took_ms={"type": "integer"},
            status={"type": "integer", "description": "The HTTP status, where there was an answer."},
            error=_text("What was wrong, where there was none."),
        ),
    },
)
_LIMIT = _object(
    ["of", "limit", "source"],
    of=_text("What is measured."),
    limit={"description": "A range, a list of values, or a pattern."},
    source=_text("Whose rule it is."),
    **{
        "with": {"type": "array", "items": {"type": "string"}, "description": "Only for requests that have these."},
        "without": {
            "type": "array",
            "items": {"type": "string"},
            "description": "Only for requests that have none of these.",
        },
    },
)
_PRICES = _object(
    ["currency", "unit", "rates", "source"],
    currency={"type": "string"},
    unit={"enum": ["second", "picture"]},
    rates={"type": "array", "items": _object(["per_unit"], per_unit={"type": "string"})},
    source={"type": "string"},
)
_EXPECTED = _object(
    ["early_s", "usual_s", "late_s", "source"],
    early_s={"type": "number"},
    usual_s={"type": "number"},
    late_s={"type": "number"},
    source={"type": "string"},
)
_PROVIDER = _object(
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
        "items": _object(
            ["kind", "model", "supports", "limits", "prices", "expected", "source"],
            kind={"enum": list(REQUESTS)},
            model={"type": "string"},
            supports={"type": "object", "additionalProperties": {"enum": ["documented", "doubtful"]}},
            limits={"type": "array", "items": _LIMIT},
            prices=_maybe(_PRICES),
            expected=_EXPECTED,
            source={"type": "string"},
        ),
    },
)
_PROBLEM = _object(
    ["type", "title", "status", "detail", "problems", "request_id"],
    type={"type": "string"},
    title={"type": "string"},
    status={"type": "integer"},
    detail={"type": "string"},
    problems={
        "type": "array",
        "items": _object(
            ["field", "code", "message"],
            field=_text("Where: `shots[1].duration_s`, or a header's name."),
            code={"type": "string"},
            message=_text("A sentence that names the limit and what would be accepted."),
            limit={"description": "The limit as data."},
            source=_text("Whose rule it is."),
            provider=_text("Who cannot do it; left out of what holds whoever the provider is."),
            accepted_by={
                "type": "array",
                "items": {"type": "string"},
                "description": "Providers that would accept this part of the request.",
            },
        ),
    },
    request_id={"type": "string"},
)


def _json_of(model: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": _REF.format(model=model)}}}


def _refusals(*statuses: str) -> dict[str, Any]:
    titles = {
        "400": "The body is not a JSON object",
        "401": "No key, or none that is valid",
        "404": "There is no such thing, or it is another tenant's",
        "409": "There is no result, or none yet",
        "413": "The request is too large",
        "415": "The body is of another content type",
        "422": "The request breaks rules; every one of them is listed, nothing was accepted or spent",
        "503": "Nothing was accepted; try again",
    }
    problem = {"application/problem+json": {"schema": {"$ref": _REF.format(model="Problem")}}}
    return {status: {"description": titles[status], "content": problem} for status in statuses}


def _in_path(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _in_query(name: str, schema: dict[str, Any], *, required: bool = False) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": required, "schema": schema}


_REDIRECT = {"302": {"description": "To the file at S3, for 15 minutes"}}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Sent again with the same body within 7 days, it gives the same job and submits nothing.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}

_CREATED_HEADERS = {
    "Location": {"description": "Where the job is read", "schema": {"type": "string"}},
    "Idempotent-Replayed": {
        "description": "`true` where the Idempotency-Key had made this job before",
        "schema": {"const": "true"},
    },
}


def _creates(operation: str, summary: str, request: str) -> dict[str, Any]:
    accepted = {
        "description": "The job; it goes on by itself",
        "headers": _CREATED_HEADERS,
        "content": _json_of("Job"),
    }
    return {
        "post": {
            "operationId": operation,
            "summary": summary,
            "parameters": [_KEY],
            "requestBody": {"required": True, "content": _json_of(request)},
            "responses": {"202": accepted, **_refusals("400", "401", "413", "415", "422", "503")},
        }
    }


_PATHS: dict[str, Any] = {
    "/v1/videos": _creates("createVideo", "Ask for a video", "VideoRequest"),
    "/v1/images": _creates("createImage", "Ask for pictures", "ImageRequest"),
    "/v1/providers": {
        "get": {
            "operationId": "listProviders",
            "summary": "See what each provider of this gateway can do, at which price, and how its own API is spoken here",
            "responses": {
                "200": {"description": "Every provider", "content": _json_of("ProviderList")},
                **_refusals("401"),
            },
        }
    },
    "/v1/jobs": {
        "get": {
            "operationId": "listJobs",
            "summary": "List jobs, newest first",
            "parameters": [
                _in_query("state", {"enum": [state.value for state in State]}),
                _in_query("provider", {"type": "string"}),
                _in_query("reference", {"type": "string"}),
                _in_query("limit", {"type": "integer", "minimum": 1, "maximum": 50, "default": 20}),
                _in_query("cursor", {"type": "string"}),
            ],
            "responses": {
                "200": {"description": "A part of the list", "content": _json_of("JobList")},
                **_refusals("401", "422"),
            },
        }
    },
    "/v1/jobs/{job_id}": {
        "get": {
            "operationId": "readJob",
            "summary": "Read a job",
            "parameters": [_in_path("job_id")],
            "responses": {"200": {"description": "The job", "content": _json_of("Job")}, **_refusals("401", "404")},
        }
    },
    "/v1/jobs/{job_id}/content": {
        "get": {
            "operationId": "readContent",
            "summary": "Get a job's video, or another of its files",
            "parameters": [_in_path("job_id"), _in_query("file", {"type": "string"})],
            "responses": {**_REDIRECT, **_refusals("401", "404", "409")},
        }
    },
    "/v1/jobs/{job_id}/deliveries": {
        "get": {
            "operationId": "listDeliveries",
            "summary": "See what was sent about a job, newest first",
            "parameters": [_in_path("job_id")],
            "responses": {
                "200": {
                    "description": "The log of webhooks and outbox files, each with its tries",
                    "content": _json_of("DeliveryList"),
                },
                **_refusals("401", "404"),
            },
        }
    },
    "/v1/webhook-secret": {
        "get": {
            "operationId": "readWebhookSecret",
            "summary": "Get the secret with which your webhooks are signed",
            "responses": {
                "200": {
                    "description": "As libraries of Standard Webhooks take it",
                    "content": {
                        "application/json": {"schema": _object(["secret"], secret=_text("`whsec_` and Base64."))}
                    },
                },
                **_refusals("401"),
            },
        }
    },
    "/v1/media/{job_id}/{name}": {
        "get": {
            "operationId": "openMedia",
            "summary": "Open a link from a job's answer",
            "security": [],
            "parameters": [
                _in_path("job_id"),
                _in_path("name"),
                _in_query("exp", {"type": "integer"}, required=True),
                _in_query("sig", {"type": "string"}, required=True),
            ],
            "responses": {**_REDIRECT, **_refusals("401", "404")},
        }
    },
    "/health": {
        "get": {
            "operationId": "health",
            "summary": "Whether the gateway answers",
            "security": [],
            "responses": {
                "200": {
                    "description": "It does",
                    "content": {"application/json": {"schema": _object(["status"], status={"const": "ok"})}},
                }
            },
        }
    },
    "/openapi.json": {
        "get": {
            "operationId": "openapi",
            "summary": "This description",
            "security": [],
            "responses": {"200": {"description": "OpenAPI 3.1", "content": {"application/json": {"schema": {}}}}},
        }
    },
}


@cache
def document() -> dict[str, Any]:
    """Return the description."""
    requests: dict[str, Any] = {}
    for model in REQUESTS.values():
        request = model.model_json_schema(ref_template=_REF)
        for name in NOT_YET:
            request["properties"][name]["description"] = "Agreed upon, not built: refused with `not_yet`."
        requests |= {model.__name__: request, **request.pop("$defs", {})}
    job_list = _object(
        ["jobs", "next_cursor"],
        jobs={"type": "array", "items": {"$ref": _REF.format(model="Job")}},
        next_cursor=_maybe(_text("Give it as `cursor` for the next part.")),
    )
    delivery_list = _object(
        ["deliveries"], deliveries={"type": "array", "items": {"$ref": _REF.format(model="Delivery")}}
    )
    provider_list = _object(
        ["providers"], providers={"type": "array", "items": {"$ref": _REF.format(model="Provider")}}
    )
    models = {
        "Provider": _PROVIDER,
        "ProviderList": provider_list,
        "Job": _JOB,
        "JobList": job_list,
        "Delivery": _DELIVERY,
        "DeliveryList": delivery_list,
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Klingway",
            "version": VERSION,
            "summary": "Kling 3.0 videos and images by way of your own AWS account",
            "description": "Answers of API Gateway itself (413 to a body above 6 MB, 429, 503) have its own form, "
            '`{"message"}`. `Server-Timing` says how long the provider, AWS and the gateway took.',
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "security": [{"key": []}],
        "paths": _PATHS,
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "schemas": {**requests, **models, "Problem": _PROBLEM},
        },
    }
