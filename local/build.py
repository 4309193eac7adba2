"""Prove that the template can be deployed: lint it, validate it, build it, and import each built function.

`make build` runs this. It leaves in `.aws-sam/build` what `sam deploy` uploads, made for the template's own architecture.
Where this machine's processor is another, it builds a second time for this one, since native parts can only be imported
where they run; of the first build, it looks at what processor each native file is for.
"""

import argparse
import contextlib
import os
import platform
import shutil
import struct
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Final

import yaml
from packaging.requirements import Requirement
from samtranslator.yaml_helper import yaml_parse

ROOT: Final = Path(__file__).parents[1]
TEMPLATE: Final = ROOT / "template.yaml"
BUILT: Final = ROOT / ".aws-sam" / "build"
TOOLS: Final = ROOT / ".venv-sam"
TOOLS_PINS: Final = ROOT / "requirements" / "build.txt"
RUNTIME: Final = "python3.13"
MAX_UNZIPPED_BYTES: Final = 250 * 1024**2
"""Lambda's own bound on a function and its layers together."""

_ELF: Final = {0x3E: "x86_64", 0xB7: "arm64"}
_MACHINES: Final = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}
_WHEELS: Final = {"arm64": "aarch64", "x86_64": "x86_64"}
_GLIBC: Final = (2014, *range(17, 35))
"""manylinux tags that Lambda's Amazon Linux 2023 (glibc 2.34) can run: manylinux2014 and manylinux_2_17 to _2_34."""


class BuildError(Exception):
    """A step failed; the message says which, and what to do where that is known."""


@dataclass(frozen=True)
class Built:
    """A built stack: its functions and layers, by logical id."""

    architecture: str
    functions: dict[str, Path]
    layers: dict[str, Path]


def tools_environment(architecture: str) -> dict[str, str]:
    """Return the environment of the SAM tools: no telemetry, and pip told of every wheel that Lambda can run.

    SAM itself asks pip for manylinux_2_17, _2_28 and _2_34 alone, and misses wheels in between (pymediainfo's, say).
    """
    machine = _WHEELS[architecture]
    tags = [f"manylinux{tag}_{machine}" if tag > 99 else f"manylinux_2_{tag}_{machine}" for tag in _GLIBC]  # noqa: PLR2004 - a year
    return {
        **os.environ,  # noqa: TID251 - for another program
        "SAM_CLI_TELEMETRY": "0",
        "AWS_DEFAULT_REGION": "us-east-1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_ONLY_BINARY": ":all:",
        "PIP_PLATFORM": " ".join(tags),
        "PATH": os.pathsep.join([str(interpreter().parent), *os.get_exec_path()]),
    }


def interpreter() -> Path:
    """Return a python3.13, the runtime's version, from PATH or from where pyenv and uv keep theirs.

    Raises:
        BuildError: There is none.
    """
    home = Path.home()
    candidates = [Path(found) for folder in os.get_exec_path() if (found := shutil.which(RUNTIME, path=folder))]
    for pattern in (f".pyenv/versions/3.13*/bin/{RUNTIME}", f".local/share/uv/python/cpython-3.13*/bin/{RUNTIME}"):
        candidates += sorted(home.glob(pattern), reverse=True)
    for candidate in candidates:
        # pyenv's shim stands on PATH even where its version is not chosen, and then fails.
        asked = [str(candidate), "-I", "-c", "import sys, pip; print(*sys.version_info[:2])"]
        answer = subprocess.run(asked, capture_output=True, text=True, check=False)  # noqa: S603 - found above
        if answer.returncode == 0 and answer.stdout.split() == ["3", "13"]:
            return candidate
    raise BuildError(
        f"no {RUNTIME} with pip was found, on PATH or in ~/.pyenv/versions; the stack's functions run on it, and their\n"
        f"packages are fetched with it. Install one ('pyenv install 3.13' or 'uv python install 3.13', or your system's\n"
        f"package {RUNTIME}) and run 'make build' again."
    )


@contextlib.contextmanager
def step(title: str) -> Iterator[None]:
    """Show a step and how long it took."""
    sys.stdout.write(f"{title} ... ")
    sys.stdout.flush()
    began = perf_counter()
    try:
        yield
    except BaseException:
        sys.stdout.write("FAILED\n")
        raise
    sys.stdout.write(f"{perf_counter() - began:.1f} s\n")


def say(text: str) -> None:
    """Show what was found in a step."""
    sys.stdout.write(f"    {text}\n")


def run(command: Sequence[str | Path], env: Mapping[str, str] | None = None) -> str:
    """Run a program in the project's folder; return what it printed.

    Raises:
        BuildError: It failed; with all that it printed.
    """
    words = [str(word) for word in command]
    done = subprocess.run(  # noqa: S603 - our own commands
        words, cwd=ROOT, env=env, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode != 0:
        shown = " ".join([Path(words[0]).name, *words[1:]])
        raise BuildError(f"'{shown}' ended with {done.returncode}:\n{done.stdout.rstrip()}")
    return done.stdout


def make_tools() -> None:
    """Make the SAM tools' own virtual environment, unless it is there with the versions asked for."""
    done = TOOLS / ".ready"
    pins = TOOLS_PINS.read_text(encoding="utf-8")
    if done.exists() and done.read_text(encoding="utf-8") == pins:
        return
    with step("Setting up .venv-sam with AWS SAM; the first time takes a minute"):
        venv.create(TOOLS, with_pip=True, clear=True)
        quiet = ("--quiet", "--disable-pip-version-check")
        run([_tool("python"), "-m", "pip", "install", *quiet, "--requirement", TOOLS_PINS])
        done.write_text(pins, encoding="utf-8")


def _tool(name: str) -> Path:
    return TOOLS / "bin" / name


def lint() -> None:
    """Run cfn-lint with the serverless rules, and SAM's own validation."""
    with step("cfn-lint with the serverless rules"):
        run([Path(sys.executable).with_name("cfn-lint"), "-a", "cfn_lint_serverless.rules", "-t", TEMPLATE])
    with step("sam validate --lint"):
        run([_tool("sam"), "validate", "--lint", "--template", TEMPLATE], env=tools_environment("arm64"))


def build(architecture: str, folder: Path) -> Built:
    """Build the stack for an architecture into a folder."""
    folders = ("--build-dir", folder, "--cache-dir", folder.parent / "cache")
    overrides = ("--parameter-overrides", f"Architecture={architecture}")
    command = (_tool("sam"), "build", "--template", TEMPLATE, "--cached", "--parallel", *folders, *overrides)
    with step(f"sam build for {architecture}"):
        run(command, env=tools_environment(architecture))
    template: dict[str, Any] = yaml_parse((folder / "template.yaml").read_text(encoding="utf-8"))
    kinds = {name: resource["Type"] for name, resource in template["Resources"].items()}
    return Built(
        architecture,
        functions={name: folder / name for name, kind in kinds.items() if kind == "AWS::Serverless::Function"},
        layers={name: folder / name for name, kind in kinds.items() if kind == "AWS::Serverless::LayerVersion"},
    )


def check_sizes(built: Built) -> None:
    """Show how large each layer is, and hold the sum with the largest function under Lambda's bound.

    Raises:
        BuildError: It is too large.
    """
    with step(f"sizes, unzipped, at most {_megabytes(MAX_UNZIPPED_BYTES)} together"):
        sizes = {name: size_of(folder) for name, folder in (built.layers | built.functions).items()}
    for name in built.layers:
        say(f"{name:<18} {_megabytes(sizes[name])}")
    largest = max(sizes[name] for name in built.functions)
    total = sum(sizes[name] for name in built.layers) + largest
    say(f"{'with a function':<18} {_megabytes(total)}")
    if total > MAX_UNZIPPED_BYTES:
        raise BuildError(f"a function and its layers are {_megabytes(total)}; Lambda takes {MAX_UNZIPPED_BYTES} bytes")


def size_of(folder: Path) -> int:
    """Return how many bytes a folder's files have."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes / 1024**2:.1f} MB"


def check_native(built: Built) -> None:
    """Hold that each native file of the layers is for the processor that they were built for.

    Raises:
        BuildError: One is for another, or there is none at all.
    """
    with step(f"native files are for {built.architecture}"):
        found = {
            path.relative_to(folder.parent): processor
            for folder in built.layers.values()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and (processor := processor_of(path)) is not None
        }
        if not found:
            raise BuildError("no native file in any layer; pydantic and pymediainfo have some")
        wrong = [f"{path} ({processor})" for path, processor in found.items() if processor != built.architecture]
        if wrong:
            raise BuildError(f"built for {built.architecture}, but these are not: {', '.join(wrong)}")
    for path, processor in found.items():
        say(f"{processor:<7} {path}")


def processor_of(path: Path) -> str | None:
    """Return the processor that a file is for: None where it is no ELF file, "another" where Lambda has no such."""
    with path.open("rb") as file:
        head = file.read(20)
    if len(head) < 20 or head[:4] != b"\x7fELF":  # noqa: PLR2004 - as far as e_machine
        return None
    order = "<" if head[5] == 1 else ">"
    return _ELF.get(struct.unpack(f"{order}H", head[18:20])[0], "another")


def smoke(built: Built) -> None:
    """Import each built function, and all that it loads later, in an interpreter that knows nothing else."""
    python = interpreter()
    layers = [folder / "python" for folder in built.layers.values()]
    with TemporaryDirectory() as runtime:
        link_runtime(Path(runtime))
        for name, folder in built.functions.items():
            with step(f"import of {name}"):
                # Its own home: nothing of the user's may be found or written.
                shown = run(
                    [python, "-I", "-S", "-B", ROOT / "local" / "build_smoke.py", runtime, folder, *layers],
                    env={"HOME": runtime, "AWS_DEFAULT_REGION": "us-east-1"},
                )
            say(shown.strip())


def link_runtime(folder: Path) -> None:
    """Put links to boto3 and what it needs into a folder, as Lambda's runtime brings them: pure Python, all of it."""
    wanted, seen = ["boto3"], set[str]()
    while wanted:
        distribution = metadata.distribution(wanted.pop())
        if distribution.name in seen:
            continue
        seen.add(distribution.name)
        wanted += [
            needed.name
            for needed in map(Requirement, distribution.requires or [])
            if needed.marker is None or needed.marker.evaluate({"extra": ""})
        ]
        tops = {file.parts[0] for file in distribution.files or [] if ".." not in file.parts}
        for top in tops:
            if not top.endswith(".dist-info") and not (folder / top).exists():
                (folder / top).symlink_to(Path(str(distribution.locate_file(top))))


def default_architecture() -> str:
    """Return the architecture that the template builds for if nothing is said."""
    template: dict[str, Any] = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))
    return str(template["Parameters"]["Architecture"]["Default"])


def prove(architecture: str, *, machine: str) -> None:
    """Do everything; `machine` is this machine's architecture, "" where Lambda has none such.

    Raises:
        BuildError: Something is wrong.
    """
    lint()
    deployable = build(architecture, BUILT)
    check_sizes(deployable)
    check_native(deployable)
    if machine == architecture:
        smoke(deployable)
    elif machine:
        importable = build(machine, ROOT / ".aws-sam" / machine / "build")
        check_native(importable)
        smoke(importable)
    else:
        say(f"not imported: this machine ({sys.platform}, {platform.machine()}) cannot load Linux libraries")


def main(arguments: Sequence[str] | None = None, *, clock: Callable[[], float] = perf_counter) -> int:
    """Run from the command line; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m local.build", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--architecture", choices=sorted(_WHEELS), default=default_architecture())
    chosen = parser.parse_args(arguments).architecture
    machine = _MACHINES.get(platform.machine().lower(), "") if sys.platform == "linux" else ""
    began = clock()
    try:
        say(f"{RUNTIME}: {interpreter()}")
        make_tools()
        prove(chosen, machine=machine)
    except (BuildError, yaml.YAMLError) as error:
        sys.stderr.write(f"\nmake build failed: {error}\n")
        return 1
    sys.stdout.write(
        f"\nDeployable: {BUILT.relative_to(ROOT)} holds the stack for {chosen} ({clock() - began:.0f} s in all).\n"
        f"Deploy it with: .venv-sam/bin/sam deploy --guided (docs/deploy.md)\n"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
