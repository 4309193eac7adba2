"""docs/openapi.json is what the API says of itself."""

from __future__ import annotations

import json

from klingway.api.openapi import document
from openapi_spec_validator import validate

from local import openapi
from tests.template.rules import dialect_routes, routes_of_template
from tests.template.stack import Stack


def test_file_is_the_apis_own_description() -> None:
    """The file equals what GET /openapi.json answers; `python -m local.openapi` renews it."""
    assert openapi.PATH.read_text(encoding="utf-8") == openapi.text()


def test_description_is_valid() -> None:
    """It is an OpenAPI 3.1 document."""
    validate(json.loads(openapi.text()))


def test_description_names_every_route_of_the_template() -> None:
    """Each route of the template is described, but for callbacks, which are not for callers, and the dialects.

    Those are described by the services whose they are; `GET /v1/providers` lists them.
    """
    described = {(method.upper(), path) for path, methods in document()["paths"].items() for method in methods}
    routes = {route for route, function in routes_of_template(Stack.read()).items() if function == "ApiFunction"}

    assert described == routes - dialect_routes()
