"""Writes docs/openapi.json, the copy of the API's own description that stands in the repository."""

import json
import sys
from pathlib import Path
from typing import Final

from klingway.api.openapi import document

PATH: Final = Path(__file__).parents[1] / "docs" / "openapi.json"


def text() -> str:
    """Return the file as it has to be."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    """Write the file where it differs; say so."""
    is_new = not PATH.exists() or PATH.read_text(encoding="utf-8") != text()
    if is_new:
        PATH.write_text(text(), encoding="utf-8")
    sys.stdout.write(f"docs/{PATH.name} is {'renewed' if is_new else 'as it has to be'}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
