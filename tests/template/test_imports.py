"""Imports point inward, whenever they run: at the top, within functions, and for the type checker alone."""

from __future__ import annotations

import ast
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from klingway.providers import registry

from tests.template.stack import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CODE = ROOT / "layers" / "core"

RINGS = (
    ("klingway",),  # the version alone
    ("klingway.domain",),
    ("klingway.settings",),
    ("klingway.observability",),
    # What use cases ask of the outside: the words in which providers speak, and the ports.
    ("klingway.providers.contract", "klingway.providers.dialects"),
    ("klingway.use_cases.ports",),
    ("klingway.use_cases",),
    # What every provider is made of.
    ("klingway.providers.calls", "klingway.providers.wire", "klingway.providers.spoken", "klingway.providers.ordering"),
    # What Kling itself says and others repeat.
    ("klingway.providers.kling",),
    ("klingway.adapters", "klingway.providers"),
    ("klingway.bootstrap",),
    ("klingway.api",),
    ("functions",),
)
"""From the inside out: a module imports from rings further in, and within its own package."""

AWS_AND_HTTP = {"boto3", "botocore", "httpx", "httpcore", "aws_lambda_powertools", "pymediainfo"}
WITHOUT_THEM = ("klingway.domain", "klingway.use_cases", "klingway.providers")
"""Packages that know no cloud and no network."""


def ring_of(module: str) -> int:
    """The ring of a module: that of the longest name in `RINGS` that it lies in."""
    fitting = [
        (len(name), ring)
        for ring, names in enumerate(RINGS)
        for name in names
        if module == name or module.startswith(f"{name}.")
    ]
    return max(fitting)[1]


def package_of(module: str) -> str:
    """`klingway.providers.klingai` for what lies in it, else `klingway.domain` and the like."""
    parts = module.split(".")
    return ".".join(parts[:3] if parts[1:2] == ["providers"] else parts[:2])


def modules() -> dict[str, ast.Module]:
    """Every module that Lambda runs, parsed, by name."""
    found: dict[str, Path] = {}
    for path in sorted(CODE.glob("klingway/**/*.py")):
        parts = path.relative_to(CODE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    for path in sorted(ROOT.glob("functions/*/app.py")):
        found[f"functions.{path.parent.name}"] = path
    return {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in found.items()}


MODULES = modules()


def imported(tree: ast.Module, known: set[str]) -> Iterator[tuple[str, str]]:
    """Each module that another imports, with the name it takes from it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield (whole, "") if whole in known else (str(node.module), alias.name)


def wrong_imports(trees: dict[str, ast.Module]) -> Iterator[tuple[str, str, str]]:
    for module, tree in trees.items():
        for other, name in imported(tree, set(trees) | set(MODULES)):
            if other.partition(".")[0] not in {"klingway", "functions"}:
                continue
            inward = ring_of(other) < ring_of(module)
            at_home = package_of(other) == package_of(module)
            # A provider is made of what the registry says, and of its own folder; never of another's.
            to_registry = other == "klingway.providers.registry" and module.startswith("klingway.providers.")
            if not (inward or at_home or to_registry):
                yield module, other, name


def test_imports_point_inward() -> None:
    """No module imports from further out than it lies."""
    assert set() == set(wrong_imports(MODULES))


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("klingway.domain.job", "from klingway.use_cases.ports import JobStore"),
        ("klingway.domain.job", "def late():\n    from klingway.adapters import clients"),
        ("klingway.use_cases.create_job", "if TYPE_CHECKING:\n    from klingway.adapters.sqs_work import SqsWorkQueue"),
        ("klingway.use_cases.create_job", "from klingway.providers.klingai import provider"),
        ("klingway.adapters.s3_media", "import klingway.bootstrap"),
        ("klingway.adapters.s3_media", "from klingway.providers.klingai.errors import failure"),
        ("klingway.providers.other.provider", "from klingway.providers.klingai import schema"),
        ("klingway.bootstrap", "from klingway.api.app import app"),
        ("klingway.api.app", "import functions.api"),
    ],
)
def test_import_outward_is_noticed(module: str, text: str) -> None:
    """An import that points outward is found, wherever in the module it stands."""
    assert list(wrong_imports({module: ast.parse(text)}))


def test_core_knows_no_cloud_and_no_network() -> None:
    """Domain, use cases and providers import neither AWS's packages nor an HTTP client."""
    found = [
        (module, other)
        for module, tree in MODULES.items()
        if module.startswith(WITHOUT_THEM)
        for other, _ in imported(tree, set(MODULES))
        if other.partition(".")[0] in AWS_AND_HTTP
    ]
    assert found == []


def compared_texts(tree: ast.Module) -> Iterator[str]:
    """Every text that a comparison, an `if` or a `case` looks at."""
    for node in ast.walk(tree):
        parts: list[ast.AST] = []
        if isinstance(node, ast.Compare):
            parts = [node]
        elif isinstance(node, ast.If | ast.IfExp | ast.While):
            parts = [node.test]
        elif isinstance(node, ast.match_case):
            parts = [node.pattern, *([node.guard] if node.guard else [])]
        for part in parts:
            yield from (
                leaf.value for leaf in ast.walk(part) if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str)
            )


def test_no_decision_by_provider_name() -> None:
    """Outside of providers/ nothing is decided by a provider's name: what differs is in its profile."""
    names = set(registry.names()) | {"ezmodel", "apimart", "unifically"}
    found = Counter(
        module
        for module, tree in MODULES.items()
        if not module.startswith("klingway.providers")
        for text in compared_texts(tree)
        if text in names
    )
    assert not found


@pytest.mark.parametrize(
    "text",
    [
        'if name == "klingai":\n    pass',
        'x = 1 if name in {"klingai"} else 2',
        'match name:\n    case "klingai":\n        pass',
    ],
)
def test_decision_by_provider_name_is_noticed(text: str) -> None:
    """A comparison with a provider's name is found in each of its forms."""
    assert "klingai" in set(compared_texts(ast.parse(text)))


def test_functions_are_wiring() -> None:
    """A function's folder holds its handler alone, of about forty lines."""
    for folder in sorted((ROOT / "functions").iterdir()):
        assert [path.name for path in folder.iterdir() if path.name != "__pycache__"] == ["app.py"]
        lines = (folder / "app.py").read_text(encoding="utf-8").splitlines()
        assert len(lines) <= 45, folder.name
