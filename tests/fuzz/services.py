"""The four services as callers know them: the paths of their creates, and the requests of their documents."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from klingway.domain.errors import InvalidRequestError

from tests.conformance.apimart_v3.cases import CASES as APIMART_V3
from tests.conformance.apimart_v3_omni.cases import CASES as APIMART_V3_OMNI
from tests.conformance.ezmodel.test_create import CASES as EZMODEL
from tests.conformance.harness import dialect_of
from tests.conformance.klingai.test_creates import CASES as KLINGAI
from tests.conformance.klingai.test_creates import PATHS as KLINGAI_PATHS
from tests.conformance.unifically.test_requests import CASES as UNIFICALLY
from tests.fuzz.mutations import Pool, pool_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tests.conformance.harness import Case


@dataclass(frozen=True)
class Create:
    """One endpoint at which something is made."""

    service: str
    path: str
    good: Sequence[Mapping[str, Any]]
    """Bodies that the document allows."""
    bad: Sequence[Mapping[str, Any]]
    """Those that it forbids: what lies just beyond a limit."""
    pool: Pool
    """What both are made of."""


def _create(service: str, path: str, cases: Iterable[Case]) -> Create:
    good: list[Mapping[str, Any]] = []
    bad: list[Mapping[str, Any]] = []
    for case in cases:
        (bad if case.refused else good).append(case.body)
    return Create(service, f"/{service}{path}", good, bad, pool_of([*good, *bad]))


CASES: Mapping[str, Sequence[Case]] = {
    "klingai": KLINGAI,
    "ezmodel": EZMODEL,
    "apimart": (*APIMART_V3, *APIMART_V3_OMNI),
    "unifically": UNIFICALLY,
}


def _named(*creates: Create) -> Mapping[str, Create]:
    # Tests are told names: of a failure's arguments everything is printed, and these are long.
    return {f"{create.service} {create.path}": create for create in creates}


CREATES = _named(
    *(
        _create("klingai", path, (case for case in KLINGAI if case.product == product))
        for product, path in KLINGAI_PATHS.items()
    ),
    _create("ezmodel", "/kling/v1/videos/omni-video", EZMODEL),
    _create("apimart", "/v1/videos/generations", CASES["apimart"]),
    _create("unifically", "/v1/tasks", UNIFICALLY),
)


def _canonical() -> Mapping[str, Create]:
    """Return the two creates of the canonical API, with what the services' own requests say there."""
    good: dict[str, list[Mapping[str, Any]]] = {"video": [], "image": []}
    bad: dict[str, list[Mapping[str, Any]]] = {"video": [], "image": []}
    for host, cases in CASES.items():
        for case in cases:
            with suppress(InvalidRequestError):
                translated = dialect_of(host).translate(case.product, case.body)
                (bad if case.refused else good)[translated.kind].append(json.loads(json.dumps(translated.body)))
    return _named(
        *(
            Create("canonical", f"/v1/{kind}s", good[kind], bad[kind], pool_of([*good[kind], *bad[kind]]))
            for kind in good
        )
    )


CANONICAL = _canonical()
