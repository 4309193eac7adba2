"""What a person's shell says that the twin must not heed."""

from __future__ import annotations

import os


def leave_the_persons_aws_alone() -> None:
    """Have this process read none of the person's AWS settings, and reach this machine's loopback without a proxy.

    The twin's own clients say all that they need. A profile that does not exist, an endpoint or a certificate bundle of
    another place would only get in their way.
    """
    environment = os.environ  # noqa: TID251 - a command of the developer's machine
    for name in [name for name in environment if name.startswith("AWS_")]:
        del environment[name]
    environment["AWS_CONFIG_FILE"] = environment["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    without = ",".join(
        filter(None, [environment.get("NO_PROXY") or environment.get("no_proxy"), "127.0.0.1,localhost"])
    )
    environment["NO_PROXY"] = environment["no_proxy"] = without
