from __future__ import annotations

import gc
import os
from typing import TYPE_CHECKING

import moto
import pytest

from tests.crashes.processes import forget
from tests.crashes.stage import REGION, Stage
from tests.crashes.upstream import Films

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory) -> Films:
    return Films(tmp_path_factory.mktemp("films"))


@pytest.fixture(scope="module")
def stage(films: Films) -> Iterator[Stage]:
    before = dict(os.environ)  # noqa: TID251 - put back as it was
    forget()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        with moto.mock_aws(config={"lambda": {"use_docker": False}, "stepfunctions": {"execute_state_machine": False}}):
            made = Stage(patch, films)
            # Looking for what is garbage among all that was loaded takes a fifth of the time.
            gc.freeze()
            yield made
            gc.unfreeze()
    forget()
    os.environ.clear()  # noqa: TID251 - put back as it was
    os.environ.update(before)  # noqa: TID251 - put back as it was
