"""The twin: the whole stack of a SAM template run on one machine, with no AWS account, no Docker and no network."""

from local.cloud.cloud import LocalCloud
from local.cloud.deploy import Deployment, deploy_in_process
from local.cloud.model import LocalFunction

__all__ = ["Deployment", "LocalCloud", "LocalFunction", "deploy_in_process"]
