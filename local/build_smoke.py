"""Imports one built function as Lambda would: run by `local.build` under a fresh `python3.13 -I -S`, never imported.

Arguments: a folder of the runtime's own packages, the built function's folder, and its layers' folders. `-S` keeps the
interpreter's site-packages out, so that whatever is imported comes from these folders or from the standard library.
Prints one line of JSON; ends with 1 and the reason on stderr where something is missing or comes from elsewhere.
"""

import importlib
import json
import sys
import sysconfig
from pathlib import Path
from time import perf_counter

LAZY = (
    "httpx",
    "jwt",
    "klingway.adapters.http",
    "klingway.adapters.media_info",
    "klingway.api.app",
    "klingway.api.openapi",
    "klingway.providers.klingai",
)
"""What functions import when they first need it, and a missing package would break then."""


def strangers(allowed: list[Path]) -> list[str]:
    """Return the imported modules that lie in none of the allowed folders."""
    found = []
    for name, module in sorted(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file is None or file == __file__:  # built in, frozen, a namespace; or this script, under whatever name
            continue
        place = Path(file)  # as it was found: the runtime's folder holds links
        if not any(place.is_relative_to(folder) for folder in allowed):
            found.append(f"{name} ({place})")
    return found


def main(runtime: str, function: str, *layers: str) -> int:
    """Import the function and everything it loads later; return the exit status."""
    # Lambda's own order: the function, its layers, the interpreter, the runtime's packages.
    sys.path[:] = [function, *layers, *sys.path, runtime]
    began = perf_counter()
    app = importlib.import_module("app")
    took_ms = round((perf_counter() - began) * 1000)
    if not callable(getattr(app, "handler", None)):
        sys.stderr.write("app.handler is not callable\n")
        return 1
    for name in LAZY:
        importlib.import_module(name)
    if not importlib.import_module("pymediainfo").MediaInfo.can_parse():
        sys.stderr.write("pymediainfo finds no native library that loads\n")
        return 1
    standard = {sysconfig.get_paths()[kind] for kind in ("stdlib", "platstdlib")}
    wrong = strangers([Path(folder) for folder in (function, *layers, runtime, *standard)])
    if wrong:
        sys.stderr.write(f"imported from elsewhere: {', '.join(wrong)}\n")
        return 1
    sys.stdout.write(json.dumps({"python": sys.version.split()[0], "modules": len(sys.modules), "ms": took_ms}) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
