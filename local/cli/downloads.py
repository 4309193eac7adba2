"""A job's files on disk: whole and proved by their checksums, or not there at all."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from local.cli.client import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from local.cli.client import Gateway

_CHUNK_BYTES: Final = 256 * 1024


def files_of(job: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a job's files, those that came after its end among them.

    Raises:
        ApiError: It has none, or none yet.
    """
    files = list((job.get("result") or {}).get("files") or [])
    files += [file for late in job.get("late_results") or [] for file in late["files"]]
    if not files:
        why = (job.get("error") or {}).get("message")
        raise ApiError("No files", f"{job['id']} is {job['state']}" + (f": {why}" if why else " and has no files."))
    return files


def download_file(
    gateway: Gateway,
    job_id: str,
    file: Mapping[str, Any],
    folder: Path,
    *,
    progress: Callable[[int], None] = lambda _size: None,
) -> Path:
    """Download one of a job's files.

    Args:
        gateway: Where from.
        job_id: The job.
        file: As the job says it: name, size and checksum.
        folder: Where to; made if it is missing. A file of the same name is replaced.
        progress: Told the number of bytes received so far.

    Returns:
        Where it lies now.

    Raises:
        ApiError: It was refused, broke off, or is not what the job says.
    """
    target = folder / Path(str(file["name"])).name  # a name only, whatever was said
    folder.mkdir(parents=True, exist_ok=True)
    descriptor, part = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=folder)
    try:
        with os.fdopen(descriptor, "wb") as output:
            _copy(gateway, job_id, file, output.write, progress)
        Path(part).chmod(0o666 & ~_umask())  # a temporary file is its owner's alone
        Path(part).replace(target)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise
    return target


def _copy(
    gateway: Gateway,
    job_id: str,
    file: Mapping[str, Any],
    write: Callable[[bytes], object],
    progress: Callable[[int], None],
) -> None:
    digest, received = hashlib.sha256(), 0
    with gateway.content(job_id, str(file["name"])) as answer:
        for chunk in answer.iter_bytes(_CHUNK_BYTES):
            digest.update(chunk)
            write(chunk)
            received += len(chunk)
            progress(received)
    said_bytes, said_digest = file["size_bytes"], file["sha256"]
    if received != said_bytes or digest.hexdigest() != said_digest:
        detail = (
            f"{file['name']}: received {received} bytes with SHA-256 {digest.hexdigest()[:12]}…, "
            f"the job says {said_bytes} with {said_digest[:12]}…; nothing was kept. Try again."
        )
        raise ApiError("Download not intact", detail)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
