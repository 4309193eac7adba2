"""docs/deploy.md tells of the template as it is."""

from __future__ import annotations

import re

from tests.template.stack import ROOT, Stack

DEPLOY = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
NOT_PROVED = (ROOT / "docs" / "not-proved-locally.md").read_text(encoding="utf-8")


def documented_parameters() -> dict[str, str]:
    """Default by parameter, as the table says them."""
    section = DEPLOY.partition("### Parameters\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.*?) ?\| ", section, flags=re.MULTILINE)
    return {name: default.strip("`") for name, default in rows}


def test_every_parameter_is_in_the_table() -> None:
    """The table names the template's parameters in their order, each with its default."""
    parameters = Stack.read().source["Parameters"]
    wanted = {name: str(parameter["Default"]) for name, parameter in parameters.items()}

    assert list(documented_parameters().items()) == list(wanted.items())


def test_outputs_and_samples_named_in_it_exist() -> None:
    """Each output and each sample event that the page names is there."""
    outputs = Stack.read().source["Outputs"]
    named = set(re.findall(r"\b([A-Z][A-Za-z]+(?:Arn|Url|Name))\b(?=`|>|'|\")", DEPLOY))
    samples = re.findall(r"-e (events/\S+)", DEPLOY)

    assert {name for name in named if not name.endswith("BaseUrl")} <= set(outputs)
    assert samples
    assert all((ROOT / sample).is_file() for sample in samples)


def test_both_kling_regions_are_told() -> None:
    """A user of either of Kling's regions finds what to set."""
    for address in ("https://api-singapore.klingai.com", "https://api-beijing.klingai.com"):
        assert address in DEPLOY


def test_what_stays_is_told() -> None:
    """Each output of what is retained stands in the chapter on taking the stack down."""
    chapter = DEPLOY.partition("## Taking it down\n")[2].partition("\n## ")[0]
    kept = {
        "TableName",
        "BucketName",
        "MasterSecretArn",
        "KlingaiSecretArn",
        "ApimartSecretArn",
        "EzmodelSecretArn",
        "UnificallySecretArn",
    }

    assert {name for name in kept if name not in chapter} == set()


def test_what_is_not_proved_is_listed() -> None:
    """The page has a way to check each thing it lists."""
    rows = [line for line in NOT_PROVED.splitlines() if line.startswith("| ") and "How to check" not in line]

    assert len(rows) >= 30
    assert all(len(row.strip("| ").split(" | ")) >= 2 for row in rows)
