"""The description of the API (OpenAPI 3.1), made from the very models that read requests; docs/openapi.json is its copy."""

from functools import cache
from typing import Any

from klingway import VERSION
from klingway.api.answer_schemas import (
    BUDGET,
    DELIVERY,
    ELEMENT,
    ESTIMATES,
    JOB,
    PROBLEM,
    PROVIDER,
    REF,
    json_object,
    maybe,
    text,
)
from klingway.domain.callers import Scope
from klingway.domain.job import State
from klingway.domain.request import REQUESTS
from klingway.domain.rules import NOT_YET


def _json_of(model: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": REF.format(model=model)}}}


def _refusals(*statuses: str) -> dict[str, Any]:
    titles = {
        "400": "The body is not a JSON object",
        "401": "No key, or none that is valid",
        "402": "The tenant's budget does not allow it: each cap that would not hold, with the figures; nothing was accepted",
        "403": "The key lacks the scope that this needs",
        "404": "There is no such thing, or it is another tenant's",
        "409": "The job is not in a state for it: `code` and `detail` say why",
        "413": "The request is too large",
        "415": "The body is of another content type",
        "422": "The request breaks rules; every one of them is listed, nothing was accepted or spent",
        "429": "The key has asked for as much as it may in this minute; `Retry-After` says how many seconds are left of it",
        "503": "Nothing was accepted; try again",
    }
    problem = {"application/problem+json": {"schema": {"$ref": REF.format(model="Problem")}}}
    return {status: {"description": titles[status], "content": problem} for status in statuses}


def _for(scope: Scope) -> list[dict[str, list[str]]]:
    """Say which scope a key needs; OpenAPI 3.1 has a place for such roles, whatever the security scheme."""
    return [{"key": [scope.value]}]


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
            "security": _for(Scope.SUBMIT),
            "parameters": [_KEY],
            "requestBody": {"required": True, "content": _json_of(request)},
            "responses": {"202": accepted, **_refusals("400", "401", "402", "403", "413", "415", "422", "429", "503")},
        }
    }


_SCOPES = (
    "A key has scopes: `submit` (ask for jobs and elements, estimate them, cancel, retry and delete them), `read` (see them, "
    "and what providers can do), `admin` (see the tenant's secrets). Each operation names the one that it needs."
)

_PATHS: dict[str, Any] = {
    "/v1/videos": _creates("createVideo", "Ask for a video", "VideoRequest"),
    "/v1/images": _creates("createImage", "Ask for pictures", "ImageRequest"),
    "/v1/estimates": {
        "post": {
            "operationId": "estimate",
            "summary": "See what a request would cost and send, at each provider; nothing is submitted or written",
            "security": _for(Scope.SUBMIT),
            "parameters": [_in_query("kind", {"enum": list(REQUESTS), "default": "video"})],
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {
                        "schema": {"anyOf": [{"$ref": REF.format(model=each.__name__)} for each in REQUESTS.values()]}
                    }
                },
            },
            "responses": {
                "200": {"description": "Each provider's estimate", "content": _json_of("Estimates")},
                **_refusals("400", "401", "403", "413", "415", "422", "429"),
            },
        }
    },
    "/v1/providers": {
        "get": {
            "operationId": "listProviders",
            "summary": "See what each provider of this gateway can do, at which price, and how its own API is spoken here",
            "security": _for(Scope.READ),
            "responses": {
                "200": {"description": "Every provider", "content": _json_of("ProviderList")},
                **_refusals("401", "403"),
            },
        }
    },
    "/v1/jobs": {
        "get": {
            "operationId": "listJobs",
            "summary": "List jobs, newest first",
            "security": _for(Scope.READ),
            "parameters": [
                _in_query("state", {"enum": [state.value for state in State]}),
                _in_query("provider", {"type": "string"}),
                _in_query("reference", {"type": "string"}),
                _in_query("limit", {"type": "integer", "minimum": 1, "maximum": 50, "default": 20}),
                _in_query("cursor", {"type": "string"}),
            ],
            "responses": {
                "200": {"description": "A part of the list", "content": _json_of("JobList")},
                **_refusals("401", "403", "422"),
            },
        }
    },
    "/v1/elements": {
        "post": {
            "operationId": "createElement",
            "summary": "Have an element made, and keep it until you delete it",
            "security": _for(Scope.SUBMIT),
            "parameters": [_KEY],
            "requestBody": {"required": True, "content": _json_of("ElementRequest")},
            "responses": {
                "202": {"description": "The element; it is made from here on", "content": _json_of("KeptElement")},
                **_refusals("400", "401", "403", "413", "415", "422", "429", "503"),
            },
        },
        "get": {
            "operationId": "listElements",
            "summary": "List your elements, newest first",
            "security": _for(Scope.READ),
            "parameters": [
                _in_query("limit", {"type": "integer", "minimum": 1, "maximum": 50, "default": 20}),
                _in_query("cursor", {"type": "string"}),
            ],
            "responses": {
                "200": {"description": "A part of the list", "content": _json_of("KeptElementList")},
                **_refusals("401", "403", "422"),
            },
        },
    },
    "/v1/elements/{element_id}": {
        "get": {
            "operationId": "readElement",
            "summary": "Read an element, by its id or its number",
            "security": _for(Scope.READ),
            "parameters": [_in_path("element_id")],
            "responses": {
                "200": {"description": "The element", "content": _json_of("KeptElement")},
                **_refusals("401", "403", "404"),
            },
        },
        "delete": {
            "operationId": "deleteElement",
            "summary": "Let go of an element; it is deleted at its provider once no job uses it",
            "security": _for(Scope.SUBMIT),
            "parameters": [_in_path("element_id")],
            "responses": {
                "200": {
                    "description": "Nobody can name it any more",
                    "content": {
                        "application/json": {
                            "schema": json_object(
                                ["id", "number", "deleted"],
                                id={"type": "string"},
                                number={"type": "integer"},
                                deleted={"const": True},
                            )
                        }
                    },
                },
                **_refusals("401", "403", "404"),
            },
        },
    },
    "/v1/jobs/{job_id}": {
        "get": {
            "operationId": "readJob",
            "summary": "Read a job",
            "security": _for(Scope.READ),
            "parameters": [_in_path("job_id")],
            "responses": {
                "200": {"description": "The job", "content": _json_of("Job")},
                **_refusals("401", "403", "404"),
            },
        },
        "delete": {
            "operationId": "deleteJob",
            "summary": "Delete an ended job with its media",
            "security": _for(Scope.SUBMIT),
            "parameters": [_in_path("job_id")],
            "responses": {"204": {"description": "Nothing of it is left"}, **_refusals("401", "403", "404", "409")},
        },
    },
    "/v1/jobs/{job_id}/cancel": {
        "post": {
            "operationId": "cancelJob",
            "summary": "Cancel a job that is queued or preparing; later no provider can, and it is 409 `already_submitted`",
            "security": _for(Scope.SUBMIT),
            "parameters": [_in_path("job_id")],
            "responses": {
                "200": {"description": "The job, canceled now or before", "content": _json_of("Job")},
                **_refusals("401", "403", "404", "409"),
            },
        }
    },
    "/v1/jobs/{job_id}/retry": {
        "post": {
            "operationId": "retryJob",
            "summary": "Ask once more for what an ended job was asked for: a new job, which is paid for anew",
            "security": _for(Scope.SUBMIT),
            "parameters": [_in_path("job_id"), _KEY],
            "responses": {
                "202": {
                    "description": "The new job; `retry_of` names the old one",
                    "headers": _CREATED_HEADERS,
                    "content": _json_of("Job"),
                },
                **_refusals("401", "402", "403", "404", "409", "413", "422", "429", "503"),
            },
        }
    },
    "/v1/jobs/{job_id}/content": {
        "get": {
            "operationId": "readContent",
            "summary": "Get a job's video, or another of its files",
            "security": _for(Scope.READ),
            "parameters": [_in_path("job_id"), _in_query("file", {"type": "string"})],
            "responses": {**_REDIRECT, **_refusals("401", "403", "404", "409")},
        }
    },
    "/v1/jobs/{job_id}/deliveries": {
        "get": {
            "operationId": "listDeliveries",
            "summary": "See what was sent about a job, newest first",
            "security": _for(Scope.READ),
            "parameters": [_in_path("job_id")],
            "responses": {
                "200": {
                    "description": "The log of webhooks and outbox files, each with its tries",
                    "content": _json_of("DeliveryList"),
                },
                **_refusals("401", "403", "404"),
            },
        }
    },
    "/v1/budget": {
        "get": {
            "operationId": "readBudget",
            "summary": "Get what you may spend, and have spent, today and this month",
            "security": _for(Scope.READ),
            "responses": {
                "200": {
                    "description": "What counts by the published prices; nothing is counted of a tenant without caps",
                    "content": {"application/json": {"schema": BUDGET}},
                },
                **_refusals("401", "403"),
            },
        }
    },
    "/v1/webhook-secret": {
        "get": {
            "operationId": "readWebhookSecret",
            "summary": "Get the secret with which your webhooks are signed",
            "security": _for(Scope.ADMIN),
            "responses": {
                "200": {
                    "description": "As libraries of Standard Webhooks take it",
                    "content": {
                        "application/json": {"schema": json_object(["secret"], secret=text("`whsec_` and Base64."))}
                    },
                },
                **_refusals("401", "403"),
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
                    "content": {"application/json": {"schema": json_object(["status"], status={"const": "ok"})}},
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
        request = model.model_json_schema(ref_template=REF)
        for name in NOT_YET:
            request["properties"][name]["description"] = "Agreed upon, not built: refused with `not_yet`."
        requests |= {model.__name__: request, **request.pop("$defs", {})}
    job_list = json_object(
        ["jobs", "next_cursor"],
        jobs={"type": "array", "items": {"$ref": REF.format(model="Job")}},
        next_cursor=maybe(text("Give it as `cursor` for the next part.")),
    )
    delivery_list = json_object(
        ["deliveries"], deliveries={"type": "array", "items": {"$ref": REF.format(model="Delivery")}}
    )
    element_list = json_object(
        ["elements", "next_cursor"],
        elements={"type": "array", "items": {"$ref": REF.format(model="KeptElement")}},
        next_cursor=maybe(text("Give it as `cursor` for the next part.")),
    )
    described = {name: part for name, part in requests["Element"]["properties"].items() if name != "id"}
    element_request = {
        "type": "object",
        "description": "The body of `POST /v1/elements`.",
        "additionalProperties": False,
        "properties": described | {"provider": requests["VideoRequest"]["properties"]["provider"]},
    }
    provider_list = json_object(
        ["providers"], providers={"type": "array", "items": {"$ref": REF.format(model="Provider")}}
    )
    models = {
        "Provider": PROVIDER,
        "ProviderList": provider_list,
        "Estimates": ESTIMATES,
        "Job": JOB,
        "JobList": job_list,
        "KeptElement": ELEMENT,
        "KeptElementList": element_list,
        "ElementRequest": element_request,
        "Delivery": DELIVERY,
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
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": _SCOPES}},
            "schemas": {**requests, **models, "Problem": PROBLEM},
        },
    }
