"""The tables of docs/providers that say what each provider takes, made from its profile; `make docs` renews them.

A page has one between `<!-- support -->` and `<!-- /support -->`; a test holds the pages against the profiles.
"""

from __future__ import annotations

import re
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from klingway.domain.capabilities import Capability, Confidence
from klingway.domain.request import REQUESTS
from klingway.providers import registry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from klingway.domain.capabilities import Limit, ModelProfile, ProviderProfile
    from klingway.domain.ids import ProviderName

FOLDER: Final = Path(__file__).resolve().parents[1] / "docs" / "providers"
RULES_AS_OF: Final = date(2026, 2, 10)
"""The template's default."""

_TABLE: Final = re.compile(r"(?<=<!-- support -->\n).*?(?=<!-- /support -->)", re.DOTALL)
_MARKS: Final = {Confidence.DOCUMENTED: "yes", Confidence.DOUBTFUL: "doubtful"}


def page_of(name: ProviderName) -> Path:
    """Return a provider's page."""
    return FOLDER / f"{name}.md"


def renewed(text: str, name: ProviderName) -> str:
    """Return a page's text with its table as the profile has it.

    Raises:
        ValueError: The page has no place for one.
    """
    table = table_of(registry.profile_of(name, RULES_AS_OF))
    renewed_text, count = _TABLE.subn(lambda _: table, text)
    if count != 1:
        raise ValueError(f"{name}.md needs one <!-- support --> … <!-- /support -->")
    return renewed_text


def table_of(profile: ProviderProfile) -> str:
    """Return a profile as Markdown: what each model takes, and its limits with their sources."""
    return "\n".join(_lines(profile)) + "\n"


def _lines(profile: ProviderProfile) -> Iterator[str]:
    yield f"Made from the profile, with the rules of {profile.rules_as_of.isoformat()}."
    for kind in REQUESTS:
        models = profile.models_of(kind)
        if not models:
            continue
        of_kind = models.values()
        yield ""
        yield f"| {kind} | {' | '.join(f'`{name}`' for name in models)} |"
        yield f"|---|{'---|' * len(models)}"
        for capability in Capability:
            marks = [_MARKS[model.supports[capability]] if capability in model.supports else "" for model in of_kind]
            if any(marks):
                yield f"| {capability.value} | {' | '.join(marks)} |"
        for name, model in models.items():
            yield ""
            yield f"Limits of `{name}` ({kind}):"
            yield ""
            yield from sorted(set(_limits(model, profile.rules_as_of)))


def _limits(model: ModelProfile, as_of: date) -> Iterator[str]:
    for limit in model.limits:
        if limit.is_in_force(as_of):
            circumstances = [f"with {trait.value}" for trait in sorted(limit.when)]
            circumstances += [f"without {trait.value}" for trait in sorted(limit.unless)]
            where = f" {', '.join(circumstances)}" if circumstances else ""
            yield f"- {limit.of.value}{where}: {_said(limit)} ({limit.source})"


def _said(limit: Limit) -> str:
    if limit.one_of is not None:
        return ", ".join(str(value) for value in limit.one_of) or "none"
    if limit.pattern is not None:
        return f"`{limit.pattern}`"
    bounds = {"at least": limit.minimum, "at most": limit.maximum}
    return ", ".join(f"{words} {bound}" for words, bound in bounds.items() if bound is not None)


def main() -> None:
    """Renew every page."""
    for name in registry.names():
        page = page_of(name)
        page.write_text(renewed(page.read_text(encoding="utf-8"), name), encoding="utf-8")
        sys.stdout.write(f"docs/providers/{page.name} is renewed\n")


if __name__ == "__main__":
    main()
