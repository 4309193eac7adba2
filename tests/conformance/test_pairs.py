"""The examples of each document at each provider: what arrives there, or where it is refused, in the caller's own names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import pytest
from klingway.providers import registry

from tests.conformance.apimart_v3 import cases as apimart_v3
from tests.conformance.apimart_v3_omni import cases as apimart_v3_omni
from tests.conformance.ezmodel import examples as ezmodel
from tests.conformance.harness import Case, judge
from tests.conformance.klingai.test_creates import CASES as KLINGS_CASES
from tests.conformance.klingai.test_creates import PATHS
from tests.conformance.pairs import apimart_v3 as from_v3
from tests.conformance.pairs import apimart_v3_omni as from_v3_omni
from tests.conformance.pairs import ezmodel as from_ezmodel
from tests.conformance.pairs import klingai as from_klingai
from tests.conformance.pairs import unifically as from_unifically
from tests.conformance.pairs.outcomes import APIMART, EZMODEL, UNIFICALLY, Outcome
from tests.conformance.unifically import cases as unifically

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

KLINGS_EXAMPLES: Final = (
    # As they stand, but for one word too many in the first, and for elements beside voices in the last of image2video.
    ("omni-video", "image-to-video with multi-shot"),
    ("omni-video", "text-to-video with multi-shot"),
    ("text2video", "text-to-video with multi-shot"),
    ("image2video", "image-to-video with multi-shot"),
    ("image2video", "image-to-video with voices alone"),
    ("omni-image", "image generation with element"),
    ("generations", "image generation with element"),
    # And those of them that break a rule of the very document.
    ("omni-video", "image-to-video with multi-shot, as it stands"),
    ("image2video", "image-to-video with voice of element, as it stands"),
    ("generations", "the example of omni-image, at the path that it names by mistake"),
)


class Document(NamedTuple):
    """One of the five documents."""

    host: str
    """Whose it is."""
    examples: Mapping[str, Case]
    """Its own, as the cases of that document have them: what arrives at that very service stands there."""
    outcomes: Mapping[str, Mapping[str, Outcome]]


def named(cases: Sequence[Case]) -> dict[str, Case]:
    return {case.name: case for case in cases}


def klings() -> dict[str, Case]:
    known = {(case.product, case.name): case for case in KLINGS_CASES}
    return {f"{product}: {name}": known[product, name] for product, name in KLINGS_EXAMPLES}


DOCUMENTS: Final = {
    "APIMart, Kling v3": Document("apimart", named(apimart_v3.USE_CASES), from_v3.OUTCOMES),
    "APIMart, Kling v3 Omni": Document("apimart", named(apimart_v3_omni.USE_CASES), from_v3_omni.OUTCOMES),
    "EzModel, Kling Omni Video": Document("ezmodel", named(ezmodel.EXAMPLES), from_ezmodel.OUTCOMES),
    "Kling's API specification": Document("klingai", klings(), from_klingai.OUTCOMES),
    "Unifically, Kling v3.0 Omni": Document("unifically", named(unifically.EXAMPLES), from_unifically.OUTCOMES),
}
PROVIDERS: Final = [str(name) for name in registry.names()]
PATHS_AT_HOME: Final = {"apimart": APIMART, "ezmodel": EZMODEL, "unifically": UNIFICALLY}


def at_home(document: Document, case: Case) -> Outcome:
    """Return what a document's own cases say of an example at the service itself."""
    if case.refused:
        return Outcome(refused=case.refused)
    path = PATHS[case.product] if document.host == "klingai" else PATHS_AT_HOME[document.host]
    return Outcome(path=path, body=case.upstream)


def pairs() -> Iterator[object]:
    for title, document in DOCUMENTS.items():
        for name, case in document.examples.items():
            for host in PROVIDERS:
                outcome = at_home(document, case) if host == document.host else document.outcomes[name][host]
                yield pytest.param(document.host, case, host, outcome, id=f"{title}: {name}, at {host}")


@pytest.mark.parametrize(("spoken", "case", "host", "expected"), list(pairs()))
def test_an_example_at_a_provider(spoken: str, case: Case, host: str, expected: Outcome) -> None:
    """What arrives there is what its own document says, element by element and field by field; or nothing does."""
    verdict = judge(spoken, case, at=host)

    assert expected.refused == verdict.refused, verdict.messages
    assert (expected.path, expected.body or {}) == (verdict.path, verdict.upstream)
    assert expected.elements == verdict.elements
    assert case.warned == {warning.partition(":")[0] for warning in verdict.warnings}


@pytest.mark.parametrize("title", DOCUMENTS)
def test_every_example_has_an_outcome_at_every_provider(title: str) -> None:
    """Five documents, four providers; nothing is written down of examples that there are not."""
    document = DOCUMENTS[title]
    others = set(PROVIDERS) - {document.host}

    assert dict.fromkeys(document.examples, others) == {
        name: set(outcomes) for name, outcomes in document.outcomes.items()
    }
