"""Runs every measurement and prints it beside its budget."""

from collections.abc import Mapping, Sequence

from rich.table import Table

from local.bench import bill, cold, completion, idle, learning, warm
from local.bench.bill import Bill
from local.cli import render
from local.cloud.template import load
from local.surroundings import leave_the_persons_aws_alone
from local.twin import TEMPLATE, Twin

_IMPORT_BUDGET = 1.5
_WARM_BUDGET_MS = 25.0
_BILL_BUDGET_USD = 0.08
_IDLE_BUDGET_USD = 4
_COMPLETION_BUDGET_S = 3
_LEARNING_BUDGET_S = 5


def main() -> None:
    """Measure and print; a missed budget is said, not failed: the figures of a busy machine are no verdict."""
    leave_the_persons_aws_alone()
    console = render.console()
    with console.status("Starting the twin ...") as status:
        with Twin(simulated_s=600, schedules=False) as twin:
            status.update(f"Cold starts, {cold.ROUNDS} rounds each ...")
            figures = cold.measure(twin)
            status.update(f"{warm.REQUESTS} warm submissions ...")
            timing = warm.measure(twin)
        status.update(f"{completion.JOBS} jobs to their end ...")
        ending = completion.measure()
        status.update(f"{learning.JOBS} polled jobs to their ends ...")
        learnt = learning.measure()
        status.update("One job of each kind, its AWS calls counted ...")
        bills = bill.measure()

    table = Table("Cold start, fresh interpreter", "median ms", "x boto3 + DynamoDB client", "budget")
    for figure in figures:
        budget = f"<= {_IMPORT_BUDGET}" if " api" in figure.name else ""
        table.add_row(figure.name, f"{figure.median_s * 1000:.0f}", f"{figure.ratio:.2f}", budget)
    console.print(table)

    table = Table("Warm POST /v1/videos on the twin", "p50 ms", "p95 ms", "budget")
    table.add_row(
        "gateway (handler less provider)", f"{timing.p50_ms:.1f}", f"{timing.p95_ms:.1f}", f"p95 <= {_WARM_BUDGET_MS}"
    )
    table.add_row("of which AWS (simulated)", f"{timing.aws_p50_ms:.1f}", "", "")
    table.add_row("provider (simulated)", f"{timing.provider_p50_ms:.1f}", "", "")
    console.print(table)

    table = Table("Provider done -> stored, by callback, on the twin", "p50 s", "most s", "budget")
    table.add_row(
        "with the copy", f"{ending.p50_s:.2f}", f"{ending.most_s:.2f}", f"<= {_COMPLETION_BUDGET_S} and the copy"
    )
    console.print(table)

    table = Table(f"Provider done -> known, {learning.JOBS} polled jobs open, on the twin", "p50 s", "p95 s", "budget")
    table.add_row(
        "by the chain of checks", f"{learnt.p50_s:.2f}", f"{learnt.p95_s:.2f}", f"p95 <= {_LEARNING_BUDGET_S}"
    )
    console.print(table)

    console.print(_calls(bills))
    console.print(_prices(bills))
    console.print(_idle(idle.lines(load(TEMPLATE, {}, "eu-central-1").resources)))


def _calls(bills: Sequence[Bill]) -> Table:
    table = Table("One job", *(each.name for each in bills))
    for operation in sorted({operation for each in bills for operation in each.calls}):
        table.add_row(operation, *(str(each.calls.get(operation, 0)) for each in bills))
    table.add_row("invocations", *(str(each.invocations) for each in bills))
    table.add_row("DynamoDB write units", *(f"{each.write_units:.0f}" for each in bills))
    table.add_row("DynamoDB read units", *(f"{each.read_units:.1f}" for each in bills))
    return table


def _prices(bills: Sequence[Bill]) -> Table:
    table = Table("US$ per 1,000 jobs (30 MB each)", *(each.name for each in bills))
    for service in bills[0].lines:
        table.add_row(service, *(f"{each.lines[service]:.4f}" for each in bills))
    table.add_row("all", *(f"{each.total:.3f}" for each in bills))
    table.add_row("budget", f"<= {_BILL_BUDGET_USD}", *("" for _ in bills[1:]))
    return table


def _idle(lines: Mapping[str, float]) -> Table:
    table = Table("US$ a month, idle", "", "budget")
    for what, price in lines.items():
        table.add_row(what, f"{price:.2f}", "")
    table.add_row("all", f"{sum(lines.values()):.2f}", f"<= {_IDLE_BUDGET_USD}")
    return table


if __name__ == "__main__":
    main()
