"""How estimates and providers look at a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from local.cli.render import console, note

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def estimates(said: Mapping[str, Any]) -> None:
    """Print an estimate of each provider, and which way the request would go."""
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    for name in ("provider", "can do it", "price", "takes", "besides"):
        table.add_column(name)
    for each in said["estimates"]:
        table.add_row(Text(each["provider"], style="bold"), _verdict(each), _price(each), _takes(each), _besides(each))
    console().print(table)
    route = said["route"]
    note(f"\nIt would go to {route['reason']}" if route else "\nNo provider of this gateway would take it as it is.")
    note("What would be sent: --json")


def _verdict(each: Mapping[str, Any]) -> Text:
    if not each["is_possible"]:
        return Text("no", style="red")
    return Text("yes", style="green") if each["is_sure"] else Text("perhaps", style="yellow")


def _price(each: Mapping[str, Any]) -> str:
    price = each["price"]
    if price is None:
        return "unknown" if each["is_possible"] else "-"
    return f"{price['amount']} {price['currency']}"


def _takes(each: Mapping[str, Any]) -> str:
    expected = each["expected"]
    return "-" if expected is None or not each["is_possible"] else f"about {expected['usual_s']:.0f} s"


def _besides(each: Mapping[str, Any]) -> Text:
    return Text("\n".join([*(problem["message"] for problem in each["problems"]), *each["warnings"]]))


def providers(said: Sequence[Mapping[str, Any]], url: str) -> None:
    """Print the providers: their models, how their tasks end, and where their own API is spoken."""
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    for name in ("provider", "credential", "models", "tells of the end", "elements", "its own API here"):
        table.add_column(name)
    for each in said:
        has = Text("yes", style="green") if each["has_credential"] else Text("missing", style="yellow")
        models = ", ".join(dict.fromkeys(model["model"] for model in each["models"]))
        tells = "by callback" if each["calls_back"] else "when asked"
        table.add_row(Text(each["name"], style="bold"), has, models, tells, each["elements"], f"{url}/{each['name']}")
    console().print(table)
    note("\nWhat each model takes, its limits and prices: --json")
