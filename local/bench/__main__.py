"""Runs every measurement and prints it beside its budget."""

from rich.console import Console
from rich.table import Table

from local.bench import bill, cold, completion, warm
from local.surroundings import leave_the_persons_aws_alone
from local.twin import Twin

_IMPORT_BUDGET = 1.5
_WARM_BUDGET_MS = 25.0
_BILL_BUDGET_USD = 0.08
_COMPLETION_BUDGET_S = 3


def main() -> None:
    """Measure and print; a missed budget is said, not failed: the figures of a busy machine are no verdict."""
    leave_the_persons_aws_alone()
    console = Console()
    with console.status("Starting the twin ...") as status:
        with Twin(simulated_s=600, schedules=False) as twin:
            status.update(f"Cold starts, {cold.ROUNDS} rounds each ...")
            figures = cold.measure(twin)
            status.update(f"{warm.REQUESTS} warm submissions ...")
            timing = warm.measure(twin)
        status.update(f"{completion.JOBS} jobs to their end ...")
        ending = completion.measure()
        status.update("One job by callback, its AWS calls counted ...")
        cost = bill.measure()

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

    table = Table("One job by callback", "count")
    for operation, count in cost.calls.items():
        table.add_row(operation, str(count))
    table.add_row("DynamoDB write units", f"{cost.write_units:.0f}")
    table.add_row("DynamoDB read units", f"{cost.read_units:.1f}")
    console.print(table)

    table = Table("Per 1,000 jobs by callback (30 MB each)", "US$", "budget")
    for service, price in cost.lines.items():
        table.add_row(service, f"{price:.4f}", "")
    table.add_row("all", f"{cost.total:.3f}", f"<= {_BILL_BUDGET_USD}")
    console.print(table)


if __name__ == "__main__":
    main()
