"""From options to the body of a request. What is allowed is the gateway's to say; here are forms alone."""

from __future__ import annotations

import base64
import json
import mimetypes
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Mapping


def read_request(path: str) -> dict[str, Any]:
    """Read a request file, or standard input for `-`.

    Raises:
        click.UsageError: It cannot be read, or is no JSON object.
    """
    try:
        text = sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
        said = json.loads(text)
    except OSError as error:
        raise click.UsageError(f"--file {path}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise click.UsageError(f"--file {path}: not UTF-8 (byte {error.start}).") from error
    except json.JSONDecodeError as error:
        message = f"--file {path}: not JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        raise click.UsageError(message) from error
    if not isinstance(said, dict):
        raise click.UsageError(f"--file {path}: a request is a JSON object.")
    return said


def build_request(base: dict[str, Any], **options: Any) -> dict[str, Any]:  # noqa: ANN401 - as many types as options
    """Lay options over a request; what was not given changes nothing.

    Args:
        base: From a file, or empty.
        options: By the names of `klingway submit`.

    Raises:
        click.UsageError: An option has not its form.
    """
    plain = (
        "prompt", "model", "mode", "duration_s", "aspect_ratio", "sound", "negative_prompt", "watermark", "cfg_scale",
        "shot_split", "reference", "resolution", "series", "failover", "deadline_s", "on_unconfirmed",
    )  # fmt: skip
    request = base | {name: options[name] for name in plain if options.get(name) is not None}
    if count := options.get("count"):
        request["count"] = int(count) if count.isascii() and count.isdecimal() else count
    if shots := options.get("shot"):
        request["shots"] = [shot(text) for text in shots]
    if images := _images(options):
        request["images"] = images
    if elements := options.get("element"):
        request["elements"] = [{"id": element} for element in elements]
    if video := _video(options):
        request["video"] = video
    if providers := options.get("provider"):
        request["provider"] = list(providers) if len(providers) > 1 else providers[0]
    if options.get("webhook") is not None:
        request["webhook"] = {"url": options["webhook"]}
    if options.get("metadata") is not None:
        request["metadata"] = metadata(options["metadata"])
    return request


def _images(options: Mapping[str, Any]) -> list[dict[str, str]]:
    images = [{"url": address(given)} for given in options.get("image") or ()]
    frames = [(role, options[role]) for role in ("first_frame", "last_frame") if options.get(role)]
    return images + [{"url": address(given), "role": role} for role, given in frames]


def _video(options: Mapping[str, Any]) -> dict[str, Any] | None:
    use, keep_sound = options.get("video_use"), options.get("keep_sound")
    if not options.get("video"):
        if use or keep_sound is not None:
            raise click.UsageError("--video-use and --keep-sound say what to do with --video; give that too.")
        return None
    video = {"url": options["video"], "use": use or "edit"}
    return video if keep_sound is None else video | {"keep_sound": keep_sound}


def shot(text: str) -> dict[str, Any]:
    """Read `PROMPT=SECONDS`; the prompt may hold further equals signs.

    Raises:
        click.UsageError: It has not this form.
    """
    prompt, separator, seconds = text.rpartition("=")
    if not separator or not prompt.strip() or not (seconds.strip().isascii() and seconds.strip().isdecimal()):
        raise click.UsageError(f"--shot {text!r}: write it as 'PROMPT=SECONDS', for example 'A gull takes off=4'.")
    return {"prompt": prompt.strip(), "duration_s": int(seconds)}


def address(given: str) -> str:
    """Return an address as it is, and a file's content as a data URI.

    Raises:
        click.UsageError: It is neither an address nor a file that can be read.
    """
    if "://" in given or given.startswith("data:"):
        return given
    path = Path(given).expanduser()
    try:
        data = path.read_bytes()
    except OSError as error:
        raise click.UsageError(
            f"{given}: neither an address nor a file that can be read ({error.strerror})."
        ) from error
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def metadata(text: str) -> dict[str, Any]:
    """Read `--metadata`.

    Raises:
        click.UsageError: It is no JSON object.
    """
    try:
        said = json.loads(text)
    except ValueError as error:
        raise click.UsageError(f"--metadata: not JSON ({error}).") from error
    if not isinstance(said, dict):
        raise click.UsageError("--metadata: a JSON object, for example '{\"campaign\": 7}'.")
    return said
