"""Keys of the inbox and of the outbox."""

import pytest
from klingway.domain.inbox import error_key, outbox_base


@pytest.mark.parametrize(
    ("key", "base"),
    [
        ("inbox/cat.json", "outbox/cat"),
        ("inbox/a/b c/cat.json", "outbox/a/b c/cat"),
        ("inbox/a/katze ü+%20.json", "outbox/a/katze ü+%20"),  # keys in EventBridge's events are not encoded
        ("inbox/inbox/cat.json.json", "outbox/inbox/cat.json"),
        ("inbox/cat.txt", None),
        ("inbox/cat.JSON", None),
        (f"inbox/{'x' * 1001}.json", f"outbox/{'x' * 1001}"),  # with .watermarked.mp4 it has 1,024 bytes
        (f"inbox/{'x' * 1002}.json", None),
        (f"inbox/{'ü' * 501}.json", None),
        ("inbox/a/", None),
        ("inbox/.json", None),
        ("inbox/a/.json", None),
        ("outbox/cat.json", None),
        ("cat.json", None),
    ],
)
def test_a_request_is_mirrored_in_the_outbox(key: str, base: str | None) -> None:
    """`inbox/**/<name>.json` is a request whose results are at `outbox/**/<name>`; nothing else is one."""
    assert base == outbox_base(key)


def test_the_error_file_stands_beside_the_results() -> None:
    """`inbox/a/cat.json` that is refused leaves `outbox/a/cat.error.json`."""
    assert "outbox/a/cat.error.json" == error_key("outbox/a/cat")
