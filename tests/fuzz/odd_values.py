"""Values that do not belong where they are put: of the wrong type, size or form, or meant to be taken for something else."""

from __future__ import annotations

import base64
import copy
from typing import Any

from hypothesis import strategies as st

_PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
_JPEG = b"\xff\xd8\xff" + bytes(40)
LONG = (101, 511, 513, 2_047, 2_501)

TEXTS = (
    "", " ", "\t\r\n", "\x00", "a\x00b", "a\r\nX-Injected: 1",
    "\x1b[31m", "\ufeff", "\u202egnp.a", "\U0001f98a", "e\u0301",
    "\x7f", "\ud800", "\udfff tail", "null", "true", "NaN", "-1", "5", " 5", "5.0", "05", "1e1", "0x5",
    "\uff15", "\u0665", "Infinity",
    "auto", "STD", "std ", "16:9 ", "16\uff1a9", "on", "OFF", "yes", "customize", "intelligence", "base", "end_frame",
    "../../etc/passwd", "' OR 1=1 --", "{{7*7}}", "${jndi:ldap://x}", "<script>", "%00", "%s%s%n", "job_", "__proto__",
)  # fmt: skip
REFERENCES = (
    "<<<image_0>>>", "<<<image_1>>>", "<<<image_01>>>", "<<<image_8>>>", "<<<element_1>>>", "<<<video_1>>>", "<<<voice_1>>>",
    "<<<image_1>>", "<<<image_\u0661>>>", "<<<IMAGE_1>>>", "<<<image_-1>>>", "<<<<image_1>>>>", "@image_1", "@image_9", "@Image1",
    "@Image0", "@Element1", "@element_1", "@element_dog", "@video_1", "@", "@@image_1", "@Image\u0661", "<<<", ">>>" * 100,
    "<<<image_" + "9" * 5_000 + ">>>", "@image_" + "9" * 5_000, "@Image" + "9" * 5_000, "@Element" + "9" * 5_000,
)  # fmt: skip
ADDRESSES = (
    "https://example.com/a.png", "https://example.com/a.mp4", "HTTPS://EXAMPLE.COM/A.PNG", "http://example.com/a.jpg",
    "https://", "https:///a.png", "http://[::1", "https://[::1]/a.png", "https://example.com:99999/a.png",
    "https://example.com:0/a.png", "https://example.com:/a.png", "//example.com/a.png", "ftp://example.com/a.png",
    "file:///etc/passwd", "javascript:alert(1)", "https://a b.example/a.png", " https://example.com/a.png",
    "https://example.com/a.png\n", "https://example.com/\x00.png", "https://u:p@example.com/a.png", "https://example.com\\@x/a.png",
    "https://\u4f8b\u3048.example/\u7d75.png", "https://xn--/a.png", "https://.../a.png", "https://%00/a.png", "https://127.0.0.1/a.png",
    "http://169.254.169.254/latest", "https://example.com/" + "a" * 2_100, "https://" + "a" * 300 + ".example/a.png",
    "https://example.com/a.exe", "https://example.com/a.png?b=c.gif", "s3://media-bucket/inputs/acme/a.png",
    "s3://media-bucket/results/acme/../other/a.png", "s3://media-bucket/inputs/other/a.png", "s3://other/inputs/acme/a.png",
    "s3://", "s3:///", "data:,", "data:image/png;base64,", "data:image/png;base64,@@@", "data:text/html;base64,PHA+",
    base64.b64encode(_PNG).decode(), "data:image/jpeg;base64," + base64.b64encode(_JPEG).decode(),
    "data:image/png;charset=x;base64," + base64.b64encode(_PNG).decode(), "data:" + ";" * 5_000 + ",",
)  # fmt: skip
NUMBERS = (
    0, -0.0, 1, 2, 3, 4, 5, 10, 15, 16, -1, 0.1, 0.999, 1.5, 5.0, 15.000001, 2**31, 2**53 + 1, 2**63 - 1, 2**63, 2**64, 10**30,
    10**400, -(10**400), 1e308, -1e308, 5e-324,
)  # fmt: skip
OTHERS: tuple[Any, ...] = (None, True, False, [], {}, [[]], [{}], [None], {"": ""}, {"a": {"b": []}}, [0, "", None])

texts = st.sampled_from(TEXTS) | st.text(max_size=20)
scalars = st.sampled_from((*TEXTS, *REFERENCES, *ADDRESSES, *NUMBERS))
anything = st.one_of(scalars, st.sampled_from(OTHERS).map(copy.deepcopy))


def deep(value: Any, depth: int, *, in_lists: bool) -> Any:
    """Return a value within so many lists, or objects."""
    for _ in range(depth):
        value = [value] if in_lists else {"a": value}
    return value
