"""The routes of the canonical API; what comes under a dialect's prefix is handed to `dialects`."""

from __future__ import annotations

import json
from functools import wraps
from http import HTTPStatus
from time import perf_counter
from typing import TYPE_CHECKING, Any, Concatenate, Final, ParamSpec

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

from klingway import bootstrap
from klingway.api.authentication import admit, authenticate
from klingway.api.pages import limit_of, problems_of_page
from klingway.api.problems import problem_response
from klingway.domain.callers import Scope
from klingway.domain.errors import GatewayError, InvalidRequestError, NotFoundError, Problem, UnauthenticatedError
from klingway.domain.ids import JobId, ProviderName, is_job_id
from klingway.domain.job import State
from klingway.observability import aws_time, logger, provider_time
from klingway.providers import registry
from klingway.use_cases.ports import JobFilter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from klingway.domain.callers import Caller
    from klingway.domain.ids import Kind
    from klingway.use_cases.create_job import Accepted

_JSON: Final = "application/json"

app = APIGatewayHttpResolver()

_Path = ParamSpec("_Path")


def _for(
    scope: Scope,
) -> Callable[[Callable[Concatenate[Caller, _Path], Response[str]]], Callable[_Path, Response[str]]]:
    """Keep a route for callers whose key has a scope; it is told who calls."""

    def keep(route: Callable[Concatenate[Caller, _Path], Response[str]]) -> Callable[_Path, Response[str]]:
        @wraps(route)
        def called(*args: _Path.args, **kwargs: _Path.kwargs) -> Response[str]:
            services = bootstrap.api()
            authorization = app.current_event.headers.get("authorization", "")
            caller = authenticate(authorization, services.keys, services.keyring, bootstrap.now)
            admit(caller, scope, lambda: services.rates, bootstrap.now)
            return route(caller, *args, **kwargs)

        return called

    return keep


@app.post("/v1/videos")
@_for(Scope.SUBMIT)
def create_video(caller: Caller) -> Response[str]:
    """Accept a video request: 202 with the job."""
    return _created(caller, "video")


@app.post("/v1/images")
@_for(Scope.SUBMIT)
def create_image(caller: Caller) -> Response[str]:
    """Accept a request for pictures: 202 with the job."""
    return _created(caller, "image")


@app.post("/v1/estimates")
@_for(Scope.SUBMIT)
def estimate(caller: Caller) -> Response[str]:
    """Say what a request would cost and send; `kind` says which kind it is."""
    from klingway.api.bodies import read_json_object

    event = app.current_event
    kind = _kind(event.query_string_parameters.get("kind", "video"))
    body = _routed(caller, read_json_object(event.headers.get("content-type", ""), _raw_body(event)))
    return _json(bootstrap.api().estimate.run(caller.tenant, kind, body, public_url=_public_url(event)))


@app.get("/v1/jobs")
@_for(Scope.READ)
def list_jobs(caller: Caller) -> Response[str]:
    """List the tenant's jobs, newest first: `state`, `provider`, `reference`, `limit`, `cursor`."""
    query = app.current_event.query_string_parameters or {}
    which, limit, after = _list_query(query)
    return _json(
        bootstrap.api().read_jobs.many(
            caller.tenant, which, limit=limit, after=after, public_url=_public_url(app.current_event)
        )
    )


@app.get("/v1/jobs/<job_id>")
@_for(Scope.READ)
def read_job(caller: Caller, job_id: str) -> Response[str]:
    """Read a job."""
    return _json(bootstrap.api().read_jobs.one(caller.tenant, job_id, public_url=_public_url(app.current_event)))


@app.post("/v1/jobs/<job_id>/cancel")
@_for(Scope.SUBMIT)
def cancel_job(caller: Caller, job_id: str) -> Response[str]:
    """Cancel a job that has not been submitted yet."""
    services = bootstrap.api()
    return _json(
        services.read_jobs.show(
            services.cancel_job.run(caller.tenant, job_id), public_url=_public_url(app.current_event)
        )
    )


@app.post("/v1/jobs/<job_id>/retry")
@_for(Scope.SUBMIT)
def retry_job(caller: Caller, job_id: str) -> Response[str]:
    """Ask once more for what an ended job was asked for: 202 with the new job."""
    event, services = app.current_event, bootstrap.api()
    given_key = event.headers.get("idempotency-key")
    accepted = services.retry_job.run(caller.tenant, job_id, given_key=given_key, public_url=_public_url(event))
    return _accepted(accepted)


@app.delete("/v1/jobs/<job_id>")
@_for(Scope.SUBMIT)
def delete_job(caller: Caller, job_id: str) -> Response[str]:
    """Delete an ended job and its media."""
    bootstrap.api().delete_job.run(caller.tenant, job_id)
    return Response(status_code=int(HTTPStatus.NO_CONTENT), body="")


@app.get("/v1/jobs/<job_id>/content")
@_for(Scope.READ)
def read_content(caller: Caller, job_id: str) -> Response[str]:
    """Redirect to a job's video, or to the file that `file` names."""
    query = app.current_event.query_string_parameters or {}
    return _redirect(bootstrap.api().read_jobs.content(caller.tenant, job_id, query.get("file")))


@app.get("/v1/jobs/<job_id>/deliveries")
@_for(Scope.READ)
def list_deliveries(caller: Caller, job_id: str) -> Response[str]:
    """Show what was sent about a job, and what came of it."""
    return _json(bootstrap.api().read_deliveries.of(caller.tenant, job_id))


@app.post("/v1/elements")
@_for(Scope.SUBMIT)
def create_element(caller: Caller) -> Response[str]:
    """Have an element made and kept: 202 with the element."""
    from klingway.api import elements
    from klingway.api.bodies import read_json_object

    tenant = caller.tenant
    event, services = app.current_event, bootstrap.api()
    body = read_json_object(event.headers.get("content-type", ""), _raw_body(event))
    given = event.headers.get("idempotency-key")
    key = None if given is None else services.create_job.key_for(tenant, body, given, asked_as="element")
    routed = _routed(caller, body)
    status, said = elements.create(services.keep_elements, tenant, routed, key=key, public_url=_public_url(event))
    return _json(said, status, {"Location": f"/v1/elements/{said['id']}"})


@app.get("/v1/elements")
@_for(Scope.READ)
def list_elements(caller: Caller) -> Response[str]:
    """List the tenant's elements, newest first: `limit`, `cursor`."""
    from klingway.api import elements

    query = app.current_event.query_string_parameters or {}
    _, said = elements.many(bootstrap.api().keep_elements, caller.tenant, query)
    return _json(said)


@app.get("/v1/elements/<element_id>")
@_for(Scope.READ)
def read_element(caller: Caller, element_id: str) -> Response[str]:
    """Read an element, by its id or its number."""
    from klingway.api import elements

    return _json(elements.one(bootstrap.api().keep_elements, caller.tenant, element_id)[1])


@app.delete("/v1/elements/<element_id>")
@_for(Scope.SUBMIT)
def delete_element(caller: Caller, element_id: str) -> Response[str]:
    """Let go of an element."""
    from klingway.api import elements

    return _json(elements.delete(bootstrap.api().keep_elements, caller.tenant, element_id)[1])


@app.get("/v1/budget")
@_for(Scope.READ)
def read_budget(caller: Caller) -> Response[str]:
    """Show what the tenant may spend, and has spent, today and this month."""
    return _json(bootstrap.api().read_budget.of(caller.tenant))


@app.get("/v1/webhook-secret")
@_for(Scope.ADMIN)
def read_webhook_secret(caller: Caller) -> Response[str]:
    """Show the secret with which the tenant's webhooks are signed."""
    return _json(bootstrap.api().read_deliveries.secret(caller.tenant), headers={"Cache-Control": "no-store"})


@app.get("/v1/media/<job_id>/<name>")
def open_media(job_id: str, name: str) -> Response[str]:
    """Redirect to a file, for whoever has a link signed by us."""
    query = app.current_event.query_string_parameters or {}
    expires = query.get("exp", "")
    if not (expires.isascii() and expires.isdecimal() and len(expires) <= 12):  # noqa: PLR2004 - 30,000 years
        raise UnauthenticatedError("The link is not valid.")
    address = bootstrap.api().read_jobs.media(job_id, name, expires_at=int(expires), signature=query.get("sig", ""))
    return _redirect(address)


@app.get("/v1/providers")
@_for(Scope.READ)
def read_providers(_: Caller) -> Response[str]:
    """Show what each provider of this gateway can do, and how its dialect is reached."""
    from klingway.api.providers import providers_to_json

    return _json(providers_to_json(bootstrap.api().providers))


@app.get("/health")
def health() -> Response[str]:
    """Say that the function runs; nothing else is asked."""
    return _json({"status": "ok"})


@app.get("/openapi.json")
def openapi() -> Response[str]:
    """Describe this API."""
    from klingway.api.openapi import document

    return _json(document())


@app.not_found
def unknown_path(_: Exception) -> Response[str]:
    """Answer a path that no route has."""
    http = app.current_event.request_context.http
    error = NotFoundError(f"There is no {http.method} {http.path[:128]} here; GET /openapi.json lists what there is.")
    return problem_response(error, app.current_event.request_context.request_id)


@app.exception_handler(GatewayError)  # type: ignore[untyped-decorator] # Powertools leaves it so
def refused(error: GatewayError) -> Response[str]:
    """Answer what was refused on purpose."""
    logger().info("refused", extra={"code": error.code, "fields": [problem.field for problem in error.problems]})
    return problem_response(error, app.current_event.request_context.request_id)


@app.exception_handler(Exception)  # type: ignore[untyped-decorator] # Powertools leaves it so
def failed(error: Exception) -> Response[str]:
    """Answer a defect of ours: what it was stands in the log alone."""
    logger().error("unhandled", exc_info=error)
    request_id = app.current_event.request_context.request_id
    return problem_response(
        GatewayError(f"Something went wrong here; name {request_id} when you report it."), request_id
    )


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda's own
    """Answer an HTTP API event (payload 2.0).

    `Server-Timing` says how long the provider took, and the gateway without it, of which AWS took `aws`.
    """
    began = perf_counter()
    provider_time.reset()
    aws_time.reset()
    prefix, _, rest = event["rawPath"].removeprefix("/").partition("/")
    if prefix in registry.names():
        answer = _spoken(ProviderName(prefix), f"/{rest}", APIGatewayProxyEventV2(event))
    else:
        answer = app.resolve(event, context)
    gateway_s = perf_counter() - began - provider_time.spent_s
    spent_s = {"provider": provider_time.spent_s, "gateway": gateway_s, "aws": aws_time.spent_s}
    timing = ", ".join(f"{name};dur={seconds * 1000:.1f}" for name, seconds in spent_s.items())
    answer.setdefault("headers", {})["Server-Timing"] = timing
    return answer


def _created(caller: Caller, kind: Kind) -> Response[str]:
    from klingway.api.bodies import read_json_object

    tenant = caller.tenant
    event = app.current_event
    body = read_json_object(event.headers.get("content-type", ""), _raw_body(event))
    services = bootstrap.api()
    given = event.headers.get("idempotency-key")
    key = None if given is None else services.create_job.key_for(tenant, body, given, asked_as=kind)
    routed = _routed(caller, body)
    return _accepted(services.create_job.run(tenant, routed, kind=kind, key=key, public_url=_public_url(event)))


def _accepted(accepted: Accepted) -> Response[str]:
    """Answer with a job that was accepted."""
    job = bootstrap.api().read_jobs.show(accepted.stored, public_url=_public_url(app.current_event))
    headers: dict[str, str | list[str]] = {"Location": f"/v1/jobs/{job['id']}"}
    if accepted.is_replay:
        headers["Idempotent-Replayed"] = "true"
    return _json(job, HTTPStatus.ACCEPTED, headers)


def _kind(text: str) -> Kind:
    from klingway.domain.request import REQUESTS

    found = next((kind for kind in REQUESTS if kind == text), None)
    if found is None:
        message = f"kind must be one of {', '.join(REQUESTS)}."
        problem = Problem(field="kind", code="not_one_of", message=message, limit=list(REQUESTS))
        raise InvalidRequestError("The request cannot be estimated.", [problem])
    return found


def _spoken(name: ProviderName, path: str, event: APIGatewayProxyEventV2) -> dict[str, Any]:
    """Answer a call to a dialect, as Lambda answers an HTTP API."""
    from klingway.api import dialects
    from klingway.api.conversation import Call

    call = Call(
        method=event.request_context.http.method,
        path=path,
        query=event.query_string_parameters,
        headers=event.headers,
        body=_raw_body(event),
        public_url=_public_url(event),
        request_id=event.request_context.request_id,
    )
    reply = dialects.answer(name, call, bootstrap.api())
    headers = dict(reply.headers)
    if reply.body is not None:
        headers["Content-Type"] = _JSON
    return {
        "statusCode": reply.status,
        "headers": headers,
        "body": "" if reply.body is None else json.dumps(reply.body, ensure_ascii=False),
    }


def _routed(caller: Caller, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a body that leaves it open who does it as if it had named those of the caller's key."""
    from klingway.domain.request import AUTO

    is_open = body.get("provider") in (None, AUTO, [AUTO])
    return {**body, "provider": list(caller.route)} if is_open and caller.route else body


def _raw_body(event: APIGatewayProxyEventV2) -> bytes:
    if event.is_base64_encoded:
        import base64

        return base64.b64decode(event.body or "")
    return (event.body or "").encode()


def _public_url(event: APIGatewayProxyEventV2) -> str:
    return bootstrap.api().settings.public_base_url or f"https://{event.request_context.domain_name}"


def _json(
    body: Mapping[str, Any], status: HTTPStatus = HTTPStatus.OK, headers: dict[str, str | list[str]] | None = None
) -> Response[str]:
    return Response(
        status_code=int(status), content_type=_JSON, body=json.dumps(body, ensure_ascii=False), headers=headers
    )


def _redirect(address: str) -> Response[str]:
    return Response(
        status_code=int(HTTPStatus.FOUND), headers={"Location": address, "Cache-Control": "no-store"}, body=""
    )


def _list_query(query: Mapping[str, str]) -> tuple[JobFilter, int, JobId | None]:
    problems = list(problems_of_page(query, is_job_id, frozenset({"state", "provider", "reference"})))
    states = [state.value for state in State]
    if query.get("state", states[0]) not in states:
        message = f"state must be one of {', '.join(states)}."
        problems.append(Problem(field="state", code="not_one_of", message=message, limit=states))
    if problems:
        raise InvalidRequestError("The list cannot be made.", problems)
    which = JobFilter(
        state=State(query["state"]) if "state" in query else None,
        provider=ProviderName(query["provider"]) if "provider" in query else None,
        reference=query.get("reference"),
    )
    return which, limit_of(query), JobId(query["cursor"]) if "cursor" in query else None
