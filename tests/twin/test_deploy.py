import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local.cloud.deploy import DeployError, ResolveError, TemplateError, UnsupportedError, deploy_in_process

STACK = Path(__file__).parent / "stack" / "template.yaml"
Write = Callable[[str], Path]


@pytest.fixture(autouse=True)
def _mocked() -> Iterator[None]:
    with mock_aws():
        yield


def outputs(write: Write, text: str, parameters: dict[str, str] | None = None) -> dict[str, str]:
    return deploy_in_process(write(text), parameters or {}).outputs


QUEUE = "Resources:\n  Q: {Type: AWS::SQS::Queue}\n"


def test_the_sample_stack_deploys_in_process() -> None:
    """The whole sample is created inside mock_aws, and each function's environment comes back resolved."""
    deployment = deploy_in_process(STACK, {"PublicUrl": "http://gate.test"}, "eu-west-1", stack_name="unit")
    function = deployment.functions["ApiFunction"]
    assert function.env == {"TABLE": "unit-Table", "BUS": "unit-bus", "PUBLIC_URL": "http://gate.test"}
    assert function.timeout_s == 3
    assert function.root == STACK.parent / "functions" / "probe"
    assert [path.name for path in function.layers] == ["deps", "core"]
    assert set(deployment.mappings) == {"WorkerFunctionWork", "BatchFunctionBatch", "StreamFunctionChanges"}
    assert deployment.mappings["WorkerFunctionWork"].max_concurrency == 2
    assert deployment.schedules["TickFunctionMinute"].period_s == 60
    assert deployment.outputs == {"ApiUrl": "http://127.0.0.1/v1", "Given": "http://gate.test"}
    assert "Absent" not in deployment.physical_ids
    assert ("Bucket", "BucketEncryption", "nothing is encrypted here") in deployment.inert
    table = boto3.client("dynamodb", region_name="eu-west-1").describe_table(TableName="unit-Table")["Table"]
    assert table["GlobalSecondaryIndexes"][0]["IndexName"] == "due"


def test_no_value_removes_a_property() -> None:
    """`AWS::NoValue` leaves the variable out."""
    assert "PUBLIC_URL" not in deploy_in_process(STACK).functions["ApiFunction"].env


def test_secrets_are_given_or_generated() -> None:
    """A given secret is stored as it is; a generated one keeps its template and obeys its rules."""
    deployment = deploy_in_process(STACK)
    client = boto3.client("secretsmanager", region_name="eu-central-1")
    assert client.get_secret_value(SecretId=deployment.physical_ids["Given"])["SecretString"] == "given"
    value = json.loads(client.get_secret_value(SecretId=deployment.physical_ids["Generated"])["SecretString"])
    assert value["user"] == "me"
    assert len(value["key"]) == 40
    assert value["key"].isalnum()
    assert not set(value["key"]) & set("abc")


def test_functions_of_the_template(template: Write) -> None:
    """Each intrinsic function gives what CloudFormation gives."""
    text = """
Mappings:
  Sizes: {small: {n: 3}}
Conditions:
  Holds: !Not [!Equals [a, b]]
  Fails: !Not [!Condition Holds]
Resources:
  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: queue}}
Outputs:
  Sub: {Value: !Sub ["${AWS::Region} ${!Literal} ${x} ${Q.QueueName}", {x: !Ref "AWS::AccountId"}]}
  Map: {Value: !FindInMap [Sizes, small, n]}
  Join: {Value: !Join ["-", [b, !Ref "AWS::Region"]]}
  If: {Value: !If [Holds, !If [Fails, wrong, right], wrong]}
  Att: {Value: !GetAtt Q.Arn}
"""
    assert outputs(template, text) == {
        "Sub": "eu-central-1 ${Literal} 123456789012 queue",
        "Map": "3",
        "Join": "b-eu-central-1",
        "If": "right",
        "Att": "arn:aws:sqs:eu-central-1:123456789012:queue",
    }


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("Resources:\n  Topic: {Type: AWS::Kinesis::Stream}\n", UnsupportedError, ["Topic", "AWS::Kinesis::Stream"]),
        (
            "Resources:\n  Q: {Type: AWS::SQS::Queue, Properties: {FifoQueue: true}}\n",
            UnsupportedError,
            ["Q ", "AWS::SQS::Queue", "FifoQueue"],
        ),
        (
            "Resources:\n  B: {Type: AWS::S3::Bucket, Properties: {NotificationConfiguration: {QueueConfigurations: []}}}\n",
            UnsupportedError,
            ["B ", "AWS::S3::Bucket", "NotificationConfiguration.QueueConfigurations"],
        ),
        (
            """
Resources:
  R:
    Type: AWS::Events::Rule
    Properties: {ScheduleExpression: rate(1 minute), Targets: [{Id: a, Arn: b, EcsParameters: {}}]}
""",
            UnsupportedError,
            ["R ", "AWS::Events::Rule", "Targets.EcsParameters"],
        ),
        (
            """
Resources:
  M:
    Type: AWS::Lambda::EventSourceMapping
    Properties: {FunctionName: f, EventSourceArn: "arn:aws:sqs:a:1:q", FilterCriteria: {Filters: [{Pattern: "{}"}]}}
""",
            UnsupportedError,
            ["M ", "FilterCriteria"],
        ),
        (QUEUE + "Outputs: {O: {Value: !GetAtt Q.Colour}}\n", ResolveError, ["Q.Colour"]),
        (QUEUE + "Outputs: {O: {Value: !Ref Nobody}}\n", ResolveError, ["Nobody"]),
        (QUEUE + "Outputs: {O: {Value: {'Fn::Length': [1]}}}\n", ResolveError, ["Fn::Length"]),
        (QUEUE + "Outputs: {O: {Value: !If [Unknown, a, b]}}\n", ResolveError, ["Unknown"]),
        (
            QUEUE + "Conditions: {C: {'Fn::Contains': [a, b]}}\nOutputs: {O: {Condition: C, Value: a}}\n",
            ResolveError,
            ["Fn::Contains"],
        ),
        (QUEUE + "Outputs: {O: {Value: '{{resolve:ssm:name}}'}}\n", ResolveError, ["resolve:ssm"]),
        (
            "Resources:\n  A: {Type: AWS::SQS::Queue, DependsOn: B}\n  B: {Type: AWS::SQS::Queue, DependsOn: A}\n",
            ResolveError,
            ["A -> B -> A"],
        ),
        (
            "Resources:\n  Q: {Type: AWS::SQS::Queue, CreationPolicy: {}}\n",
            ResolveError,
            ["Q", "CreationPolicy"],
        ),
        (
            """
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: x, Handler: a.b, Runtime: python3.13, ReservedConcurrentExecutions: 1}
""",
            UnsupportedError,
            ["F ", "AWS::Lambda::Function", "ReservedConcurrentExecutions"],
        ),
        (
            "Resources: {R: {Type: AWS::Events::Rule, Properties: {ScheduleExpression: cron(0), Targets: []}}}\n",
            UnsupportedError,
            ["R ", "cron(0)"],
        ),
        ("Rules: {R: {Assertions: []}}\n" + QUEUE, TemplateError, ["Rules"]),
        (QUEUE + "Outputs: {O: {Value: !FindInMap [Sizes, small, n]}}\n", ResolveError, ["Sizes"]),
        ("Parameters: {P: {Type: CommaDelimitedList, Default: a}}\n" + QUEUE, TemplateError, ["CommaDelimitedList"]),
        ("Parameters: {P: {Type: String}}\n" + QUEUE, TemplateError, ["P", "no value"]),
        ("Parameters: {P: {Type: String, Default: a, AllowedValues: [b]}}\n" + QUEUE, TemplateError, ["P"]),
        ("Parameters: {P: {Type: String, Default: a, AllowedPattern: '[0-9]'}}\n" + QUEUE, TemplateError, ["P"]),
        ("Parameters: {P: {Type: Number, Default: 3, MaxValue: 2}}\n" + QUEUE, TemplateError, ["P"]),
        (
            "Resources:\n  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: 'no good!'}}\n",
            DeployError,
            ["Q ", "AWS::SQS::Queue"],
        ),
    ],
)
def test_what_is_not_understood_fails(template: Write, text: str, error: type[Exception], words: list[str]) -> None:
    """What nobody creates, applies or knows is an error that names it; nothing is dropped in silence."""
    with pytest.raises(error) as caught:
        deploy_in_process(template(text))
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_unknown_parameter_fails(template: Write) -> None:
    """A value for a parameter that the template has not is refused."""
    with pytest.raises(TemplateError, match="Nope"):
        deploy_in_process(template(QUEUE), {"Nope": "1"})


def test_the_projects_template_deploys() -> None:
    """The project's own template has nothing that the twin does not know."""
    path = Path(__file__).parents[2] / "template.yaml"
    deployment: Any = deploy_in_process(path)
    assert "ApiFunction" in deployment.functions
