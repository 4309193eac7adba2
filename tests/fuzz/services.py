"""The four services as callers know them: the paths of their creates, and the requests of their documents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.conformance.apimart_v3.cases import CASES as APIMART_V3
from tests.conformance.apimart_v3_omni.cases import CASES as APIMART_V3_OMNI
from tests.conformance.ezmodel.test_create import CASES as EZMODEL
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

    def __str__(self) -> str:
        return f"{self.service} {self.path}"


def _create(service: str, path: str, cases: Iterable[Case]) -> Create:
    good: list[Mapping[str, Any]] = []
    bad: list[Mapping[str, Any]] = []
    for case in cases:
        (bad if case.refused else good).append(case.body)
    return Create(service, f"/{service}{path}", good, bad, pool_of([*good, *bad]))


CREATES = (
    *(
        _create("klingai", path, (case for case in KLINGAI if case.product == product))
        for product, path in KLINGAI_PATHS.items()
    ),
    _create("ezmodel", "/kling/v1/videos/omni-video", EZMODEL),
    _create("apimart", "/v1/videos/generations", (*APIMART_V3, *APIMART_V3_OMNI)),
    _create("unifically", "/v1/tasks", UNIFICALLY),
)
