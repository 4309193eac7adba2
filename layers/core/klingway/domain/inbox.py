"""The inbox: which of the bucket's objects ask for a job, and where in the outbox what comes of them is found."""

from typing import Final

INBOX: Final = "inbox/"
OUTBOX: Final = "outbox/"
MAX_FILE_BYTES: Final = 6 * 1024 * 1024
"""Of one request, the pictures in it included: as much as Lambda takes over HTTP."""

MAX_BASE_BYTES: Final = 1024 - len(".watermarked.mp4")
"""An object's key has at most 1,024 bytes in S3, and this is the longest ending that a result has."""

_REQUEST: Final = ".json"


def outbox_base(key: str) -> str | None:
    """Return where the results of a request file go, without an ending: `inbox/a/cat.json` gives `outbox/a/cat`.

    None where the key is not that of a request: of another ending, without a name, or too long for its results' names.
    """
    name = key.removeprefix(INBOX).removesuffix(_REQUEST)
    is_request = key.startswith(INBOX) and key.endswith(_REQUEST) and name and not name.endswith("/")
    base = OUTBOX + name
    return base if is_request and len(base.encode()) <= MAX_BASE_BYTES else None


def error_key(base: str) -> str:
    """Return the key of the file that says why there is no result."""
    return f"{base}.error.json"
