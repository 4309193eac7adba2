"""The command `klingway`."""

from __future__ import annotations

import importlib
from typing import Final

import click
from typing_extensions import override

from local.cli.connection import Connection, connection_options

_COMMANDS: Final = {
    "submit": ("local.cli.submit", "Ask for a video, or for pictures."),
    "estimate": ("local.cli.estimates", "See what a request would cost and send, at each provider."),
    "providers": ("local.cli.estimates", "See what each provider can do."),
    "get": ("local.cli.jobs", "Show a job."),
    "list": ("local.cli.jobs", "List jobs, newest first."),
    "download": ("local.cli.jobs", "Download a job's files."),
    "cancel": ("local.cli.ends", "Cancel a job that has not been submitted yet."),
    "retry": ("local.cli.ends", "Ask once more for what an ended job was asked for."),
    "delete": ("local.cli.ends", "Delete an ended job with its media."),
    "deliveries": ("local.cli.webhooks", "Show what was sent about a job, and each try."),
    "webhook-secret": ("local.cli.webhooks", "Show the secret that webhooks are signed with."),
    "serve": ("local.cli.serve", "Run the whole stack on this machine until Ctrl-C."),
    "demo": ("local.cli.demo", "Run the main job on this machine and check all that it should do."),
    "tenants": ("local.cli.keys", "Make tenants of a deployed stack, and show them."),
    "keys": ("local.cli.keys", "Make keys of a tenant, and list, rotate and revoke them."),
    "dlq": ("local.cli.dlq", "Show what lies on the dead letter queues, and send it back."),
    "events": ("local.cli.events", "Tell of jobs' ends once more."),
    "init": ("local.cli.init", "Make a deployed stack ready: secrets, a first key, a smoke job."),
}
"""By name: the module, and the line of help, said here so that `--help` loads no module."""


class _Lazy(click.Group):
    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(_COMMANDS[cmd_name][0])
        command: click.Command = getattr(module, f"{cmd_name.replace('-', '_')}_command")
        return command

    @override
    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in _COMMANDS.items()])


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="klingway")
@connection_options
@click.pass_context
def main(ctx: click.Context, connection: Connection) -> None:
    r"""Kling videos by way of your own AWS account.

    \b
    Without an account:   klingway serve     (prints an address and a key)
                          export KLINGWAY_URL=... KLINGWAY_API_KEY=...
                          klingway submit "A fox in the snow" --wait --download .
    """
    ctx.obj = connection
