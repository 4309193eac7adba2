"""The options that make up a request, for every command that takes one."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from collections.abc import Callable

_OPTIONS: Final = (
    click.argument("prompt", required=False),
    click.option(
        "--kind", type=click.Choice(("video", "image")), default="video", show_default=True, help="What is asked for."
    ),
    click.option(
        "--file", "file", metavar="JSON", help="The request as a file; '-' reads it here. Options win over it."
    ),
    click.option("--model", help="kling-v3-omni (default), kling-v3, kling-video-o1."),
    click.option("--mode", help="std (720p, default), pro (1080p), 4k."),
    click.option("--duration-s", type=int, help="Seconds, 3 to 15; default 5."),
    click.option("--aspect-ratio", help="16:9 (default), 9:16, 1:1."),
    click.option("--sound/--no-sound", default=None, help="Make sound too."),
    click.option("--negative-prompt", help="What to keep out."),
    click.option("--watermark/--no-watermark", default=None, help="Ask for a marked copy besides."),
    click.option("--resolution", help="Of pictures: 1k (default), 2k, 4k."),
    click.option("--count", help="How many pictures, 1 to 9; auto: as many as fit, for a series."),
    click.option("--series/--no-series", default=None, help="Pictures that belong together."),
    click.option("--cfg-scale", type=float, help="How closely to keep to the prompt, 0 to 1."),
    click.option(
        "--image", multiple=True, metavar="URL_OR_FILE", help="A picture to refer to as <<<image_1>>>. Repeatable."
    ),
    click.option("--first-frame", metavar="URL_OR_FILE", help="The picture to begin with."),
    click.option("--last-frame", metavar="URL_OR_FILE", help="The picture to end with."),
    click.option("--element", multiple=True, metavar="ID", help="An element that exists. Repeatable."),
    click.option("--video", metavar="URL", help="A clip to work from."),
    click.option("--video-use", help="edit (default): change this very clip; feature: take its style or motion."),
    click.option("--keep-sound/--drop-sound", default=None, help="Whether the clip's own sound stays."),
    click.option(
        "--shot", multiple=True, metavar="PROMPT=SECONDS", help="Instead of PROMPT, a shot of several. Repeatable."
    ),
    click.option("--shot-split", help="intelligence: the model splits PROMPT into shots by itself."),
    click.option("--failover", help="before_acceptance (default), always, never: whether the next provider is asked."),
    click.option("--deadline-s", type=int, help="By when the provider has to be done, 60 to 86400 seconds from now."),
    click.option("--on-unconfirmed", help="fail (default), resubmit: what to do when a submission's answer is lost."),
    click.option("--provider", multiple=True, metavar="NAME", help="Whose Kling; repeat for an order of preference."),
)


def request_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command a prompt and the options of a request, by the names of its fields, and `file` and `kind`."""
    return reduce(lambda decorated, option: option(decorated), reversed(_OPTIONS), function)
