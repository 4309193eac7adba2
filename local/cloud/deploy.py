"""Deploys a template: resolves it and hands each resource to its creator; needs no server of its own."""

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError, ParamValidationError

from local.cloud import patches, resources, serving, watching
from local.cloud.creators import CREATORS, INERT_TYPES, Context, UnsupportedError, inert_properties
from local.cloud.model import Deployment
from local.cloud.resolve import Attributes, ResolveError, Stack
from local.cloud.template import TemplateError, load

__all__ = ["DeployError", "Deployment", "ResolveError", "TemplateError", "UnsupportedError", "deploy"]
__all__ += ["deploy_in_process"]

_CREATOR_MODULES = (resources, serving, watching)  # importing them registers their creators
_ACCOUNT = "123456789012"  # moto's own, unless a server says otherwise


class DeployError(Exception):
    """A resource could not be created; the message names logical id and type."""


def deploy(
    template: Path,
    *,
    parameters: Mapping[str, str],
    client: Callable[[str], Any],
    region: str,
    account: str,
    stack_name: str,
    api_url: str,
) -> Deployment:
    """Create everything in a template, with the clients that `client` gives by service name.

    Raises:
        DeployError: A service refused a resource.
        ResolveError: Something refers to what does not exist.
        TemplateError: The template or a parameter is unusable.
        UnsupportedError: A type or property has no counterpart here.
    """
    deployment = Deployment(account=account, region=region)

    def create(logical_id: str, kind: str, properties: dict[str, Any]) -> Attributes:
        if kind in INERT_TYPES:
            deployment.inert.append((logical_id, "*", INERT_TYPES[kind]))
            return {"Ref": context.physical_name(logical_id)}
        if kind not in CREATORS:
            raise UnsupportedError(f"{logical_id} ({kind}): nothing creates this type here")
        deployment.inert += inert_properties(logical_id, kind, properties)
        try:
            return CREATORS[kind](context, logical_id, properties)
        except (ClientError, ParamValidationError, KeyError) as error:
            raise DeployError(f"{logical_id} ({kind}): {error!r}") from error

    loaded = load(template, parameters, region)
    stack = Stack(loaded, name=stack_name, region=region, account=account, create=create)
    context = Context(stack=stack, client=client, deployment=deployment, api_url=api_url)
    deployment.outputs = stack.deploy()
    for logical_id, values in stack.attributes.items():
        deployment.physical_ids[logical_id] = str(values.pop("Ref"))
        deployment.attributes[logical_id] = values
    return deployment


def deploy_in_process(
    template: Path,
    parameters: Mapping[str, str] | None = None,
    region: str = "eu-central-1",
    *,
    stack_name: str = "klingway",
    api_url: str = "http://127.0.0.1",
) -> Deployment:
    """Deploy into this process's mocked AWS, as `deploy` does; to be called inside `moto.mock_aws()`.

    Installs the changes to moto as well, so that races and transactions end as they do in AWS. Nothing is run: queues,
    streams, rules and schedules move only if the caller moves them.
    """
    patches.install()
    return deploy(
        template,
        parameters=parameters or {},
        client=functools.cache(lambda service: boto3.client(service, region_name=region)),
        region=region,
        account=_ACCOUNT,
        stack_name=stack_name,
        api_url=api_url,
    )
