"""A deployed stack, for commands that work on it with AWS credentials: `init`, `tenants`, `keys`, `dlq`, `events`."""

from __future__ import annotations

import functools
import json
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import boto3
import click
from botocore.exceptions import BotoCoreError, ClientError
from klingway.adapters.dynamodb_budgets import DynamoDbBudgets
from klingway.adapters.dynamodb_keys import DynamoDbKeys
from klingway.bootstrap import now
from klingway.domain.keys import Keyring
from klingway.use_cases.manage_keys import ManageKeys
from klingway.use_cases.ports import KeyChangedError

from local.cli.connection import json_option

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_Function = TypeVar("_Function", bound="Callable[..., Any]")


class StackError(click.ClickException):
    """Something is not as it has to be; the message says what to do."""


@dataclass
class Stack:
    """A deployed stack; AWS is asked when something of it is needed.

    Attributes:
        name: At CloudFormation.
        region: Where; None: as the person's AWS settings say.
        profile: Of the person's AWS settings; None: as these say.
    """

    name: str
    region: str | None = None
    profile: str | None = None

    @cached_property
    def _session(self) -> boto3.session.Session:
        return boto3.session.Session(profile_name=self.profile, region_name=self.region)

    @cached_property
    def _outputs(self) -> Mapping[str, str]:
        try:
            found = self.client("cloudformation").describe_stacks(StackName=self.name)["Stacks"][0]
        except (BotoCoreError, ClientError) as error:
            raise StackError(self._explained(error, f"The stack {self.name!r} cannot be read")) from error
        return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3 clients have no common type
        """Return a boto3 client of the stack's account and region."""
        return self._session.client(service)

    def output(self, name: str) -> str:
        """Return an output.

        Raises:
            StackError: It has none of this name, or cannot be read.
        """
        if name not in self._outputs:
            raise StackError(f"The stack {self.name!r} has no output {name!r}; is it a Klingway stack of this version?")
        return self._outputs[name]

    @cached_property
    def register(self) -> DynamoDbKeys:
        """Its tenants and their keys."""
        return DynamoDbKeys(self.client("dynamodb"), self.output("TableName"))

    @cached_property
    def budgets(self) -> DynamoDbBudgets:
        """Its tenants' caps, and what is counted against them."""
        return DynamoDbBudgets(self.client("dynamodb"), self.output("TableName"))

    def keys(self) -> ManageKeys:
        """Return what makes, rotates and revokes its keys."""
        return ManageKeys(register=self.register, keyring=self._keyring, now=now)

    def _keyring(self) -> Keyring:
        said = self.client("secretsmanager").get_secret_value(SecretId=self.output("MasterSecretArn"))
        return Keyring.of(json.loads(said["SecretString"]))

    @contextmanager
    def explaining(self) -> Iterator[None]:
        """Say what AWS refuses in a sentence, with what to look at.

        Raises:
            StackError: In the place of AWS's own.
        """
        try:
            yield
        except (BotoCoreError, ClientError) as error:
            raise StackError(self._explained(error, "AWS refused")) from error

    def _explained(self, error: Exception, what: str) -> str:
        where = f" in {self.region}" if self.region else ""
        return (
            f"{what}{where}: {error}. Is it deployed there, and do your AWS credentials belong to that account? "
            "See --stack-name, --region, --profile."
        )


def stack_options(function: _Function) -> _Function:
    """Give a command the options that name a stack, as one argument `stack`."""

    @click.option("--stack-name", default="klingway", show_default=True, help="The stack's name.")
    @click.option("--region", help="Its region; else that of your AWS settings.")
    @click.option("--profile", help="The profile of your AWS settings to use.")
    @functools.wraps(function)
    def wrapped(*args: Any, stack_name: str, region: str | None, profile: str | None, **kwargs: Any) -> Any:  # noqa: ANN401 - click's
        return function(*args, stack=Stack(stack_name, region, profile), **kwargs)

    return wrapped  # type: ignore[return-value] # click's decorators change what is called, not what it is


def stack_command(group: click.Group, name: str) -> Callable[[Callable[..., None]], click.Command]:
    """Make a command that works on a stack: it gets `stack` and `as_json`; what is refused is said in a sentence."""

    def decorate(function: Callable[..., None]) -> click.Command:
        @functools.wraps(function)
        def run(*args: Any, stack: Stack, **kwargs: Any) -> None:  # noqa: ANN401 - click's
            with stack.explaining():
                try:
                    function(*args, stack=stack, **kwargs)
                except (ValueError, KeyChangedError) as error:
                    raise StackError(f"{str(error)[:1].upper()}{str(error)[1:]}.") from None

        return group.command(name)(stack_options(json_option(run)))

    return decorate
