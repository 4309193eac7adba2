from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fuzz.stage import Stage, staged

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with staged() as stage:
        yield stage
