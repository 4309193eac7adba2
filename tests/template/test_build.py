"""What `make build` looks at is seen: the processor of native files, the interpreter, where modules come from."""

from __future__ import annotations

import struct
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from local import build
from tests.template.stack import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SMOKE = ROOT / "local" / "build_smoke.py"


def elf(machine: int, *, little: bool = True) -> bytes:
    """The head of an ELF file for a machine."""
    order = "<" if little else ">"
    return b"\x7fELF\x02" + (b"\x01" if little else b"\x02") + bytes(10) + struct.pack(f"{order}HH", 3, machine)


@pytest.mark.parametrize(
    ("content", "processor"),
    [
        (elf(0x3E), "x86_64"),
        (elf(0xB7), "arm64"),
        (elf(0xB7, little=False), "arm64"),
        (elf(0x28), "another"),
        (b"import json\n", None),
        (b"", None),
    ],
)
def test_processor_of_a_file_is_known(tmp_path: Path, content: bytes, processor: str | None) -> None:
    """An ELF file says what it is for; nothing else does."""
    path = tmp_path / "file"
    path.write_bytes(content)

    assert build.processor_of(path) == processor


def test_layer_for_another_processor_is_refused(tmp_path: Path) -> None:
    """A native file for the wrong processor fails the build, and so does a layer without any."""
    layer = tmp_path / "DepsLayer"
    layer.mkdir()
    built = build.Built("arm64", functions={}, layers={"DepsLayer": layer})
    with pytest.raises(build.BuildError, match="no native file"):
        build.check_native(built)
    (layer / "native.so").write_bytes(elf(0x3E))

    with pytest.raises(build.BuildError, match=r"native\.so \(x86_64\)"):
        build.check_native(built)


def test_layers_that_are_too_large_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A function and its layers have to keep within Lambda's bound."""
    (tmp_path / "large").write_bytes(bytes(2048))
    monkeypatch.setattr(build, "MAX_UNZIPPED_BYTES", 4000)

    with pytest.raises(build.BuildError, match="Lambda takes"):
        build.check_sizes(build.Built("arm64", functions={"A": tmp_path}, layers={"L": tmp_path}))


def test_missing_interpreter_is_told_with_the_fix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a python3.13, the message says what to install."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))

    with pytest.raises(build.BuildError, match=r"pyenv install 3\.13"):
        build.interpreter()


def test_shim_that_does_not_run_is_no_interpreter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A python3.13 that fails, as pyenv's shim does for a version that is not chosen, is passed over."""
    shim = tmp_path / build.RUNTIME
    shim.write_text("#!/bin/sh\necho 'pyenv: python3.13: command not found' >&2\nexit 127\n", encoding="utf-8")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))

    with pytest.raises(build.BuildError, match=r"no python3\.13"):
        build.interpreter()


def test_tools_send_nothing_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """SAM's telemetry is off, and pip is told of wheels for every glibc that Lambda can run."""
    monkeypatch.setattr(build, "interpreter", lambda: tmp_path / "python3.13")
    env = build.tools_environment("arm64")

    assert env["SAM_CLI_TELEMETRY"] == "0"
    assert {"manylinux2014_aarch64", "manylinux_2_27_aarch64", "manylinux_2_34_aarch64"} <= set(
        env["PIP_PLATFORM"].split()
    )
    assert "x86_64" not in env["PIP_PLATFORM"]


def smoke(*folders: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "-S", "-B", str(SMOKE), *map(str, folders)]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path, Path]:
    """A runtime, a function, and a layer in which all that is loaded later is a stub."""
    runtime, function, layer = (tmp_path / name for name in ("runtime", "function", "layer"))
    for folder in (runtime, function, layer):
        folder.mkdir()
    (function / "app.py").write_text("def handler(event, context): ...\n", encoding="utf-8")
    for name in ("httpx", "jwt", "pymediainfo"):
        stub = "class MediaInfo:\n    can_parse = staticmethod(lambda: True)\n" if name == "pymediainfo" else ""
        (layer / f"{name}.py").write_text(stub, encoding="utf-8")
    for name in ("adapters/http", "adapters/media_info", "api/app", "api/openapi", "providers/klingai"):
        path = layer / "klingway" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("", encoding="utf-8")
    return runtime, function, layer


def test_smoke_passes_what_is_complete(folders: tuple[Path, Path, Path]) -> None:
    """A function whose modules are all in the built folders passes."""
    done = smoke(*folders)

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("there", "text", "reason"),
    [
        ("function/app.py", "import yaml\n", "No module named 'yaml'"),  # the tests' own packages are out of reach
        ("function/app.py", "handler = 1\n", "not callable"),
        ("layer/httpx.py", "import klingway.nothing\n", "klingway.nothing"),
        ("layer/pymediainfo.py", "class MediaInfo:\n    can_parse = staticmethod(lambda: False)\n", "native library"),
        (
            "function/app.py",
            "import sys\nsys.path.insert(0, '{elsewhere}')\nimport stray\ndef handler(event, context): ...\n",
            "imported from elsewhere: stray",
        ),
    ],
)
def test_smoke_notices_what_is_not(
    folders: tuple[Path, Path, Path], tmp_path: Path, there: str, text: str, reason: str
) -> None:
    """What is missing, broken, or comes from another place than the build fails the import test."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "stray.py").write_text("", encoding="utf-8")
    (tmp_path / there).write_text(text.format(elsewhere=elsewhere), encoding="utf-8")
    done = smoke(*folders)

    assert done.returncode != 0
    assert reason in done.stderr


def test_runtime_folder_holds_boto3_and_its_needs(tmp_path: Path) -> None:
    """What stands in for Lambda's own packages is boto3 with all that it imports, and no more."""
    build.link_runtime(tmp_path)
    names = {path.name for path in tmp_path.iterdir()}

    assert {"boto3", "botocore", "s3transfer", "urllib3", "dateutil"} <= names
    assert not {"moto", "pydantic", "httpx", "klingway"} & names
