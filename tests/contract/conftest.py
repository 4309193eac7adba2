from collections.abc import Iterator
from pathlib import Path

import moto
import pytest

from local.cloud.deploy import Deployment, deploy_in_process

TEMPLATE = Path(__file__).parents[2] / "template.yaml"
REGION = "eu-central-1"


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    """The template's resources in this process's mocked AWS."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    # What the template hangs on the table, the bucket and the queues is not run: the mocked Lambda would ask for containers.
    with moto.mock_aws(config={"lambda": {"use_docker": False}}):
        yield deploy_in_process(TEMPLATE, region=REGION)
