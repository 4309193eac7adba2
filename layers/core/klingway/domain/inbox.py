"""The inbox: which of the bucket's objects ask for a job, and where in the outbox what comes of them is found."""

from typing import Final

INBOX: Final = "inbox/"
OUTBOX: Final = "outbox/"
MAX_FILE_BYTES: Final = 6 * 1024 * 1024
"""Of one request, the pictures in it included: as much as Lambda takes over HTTP."""

_REQUEST: Final = ".json"


def outbox_base(key: str) -> str | None:
    """Return where the results of a request file go, without an ending: `inbox/a/cat.json` gives `outbox/a/cat`.

    None where the key is not that of a request: of another ending, or without a name.
    """
    name = key.removeprefix(INBOX).removesuffix(_REQUEST)
    is_request = key.startswith(INBOX) and key.endswith(_REQUEST) and name and not name.endswith("/")
    return OUTBOX + name if is_request else None


def error_key(base: str) -> str:
    """Return the key of the file that says why there is no result."""
    return f"{base}.error.json"
