import functools
from collections import Counter

import botocore.session
import pytest

from local.surroundings import leave_the_persons_aws_alone

# Before any AWS client exists: nobody's own profile, proxy or endpoint has a part in the tests.
leave_the_persons_aws_alone()

# Each mocked AWS has a session of its own, which would read the descriptions of all services from their files again: a third
# of a second before each test that has one.
botocore.session.create_loader = functools.cache(botocore.session.create_loader)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests have counted and passed to `record_property` as `figures`, and the sum of each kind."""
    reports = [report for outcome in ("passed", "failed") for report in terminalreporter.getreports(outcome)]
    figures = [value for report in reports for name, value in report.user_properties if name == "figures"]
    sums: dict[str, Counter[str]] = {}
    for figure in figures:
        sums.setdefault(figure["of"], Counter()).update(figure["are"])
    for what, total in sums.items():
        terminalreporter.section(what)
        lines = {figure["in"]: figure["are"] for figure in figures if figure["of"] == what} | {"altogether": total}
        for where, counts in lines.items():
            said = ", ".join(f"{number:5} {name}" for name, number in counts.items())
            terminalreporter.write_line(f"{where:24} {said}")
