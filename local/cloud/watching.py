"""Creators of what watches the stack: topics and alarms. They are there, and no alarm ever fires: nothing is measured here."""

from typing import Any

from local.cloud.creators import Context, creates
from local.cloud.resolve import Attributes

_APPLIED_AS_THEY_ARE = (
    "AlarmActions AlarmDescription ComparisonOperator Dimensions EvaluationPeriods MetricName Metrics Namespace OKActions Period "
    "Statistic Threshold TreatMissingData"
)


@creates("AWS::SNS::Topic", "", {"nobody is told of anything here": "DisplayName Subscription"})
def _topic(context: Context, logical_id: str, _properties: dict[str, Any]) -> Attributes:
    name = context.physical_name(logical_id)
    arn = context.client("sns").create_topic(Name=name)["TopicArn"]
    return {"Ref": arn, "TopicArn": arn, "TopicName": name}


@creates("AWS::CloudWatch::Alarm", _APPLIED_AS_THEY_ARE)
def _alarm(context: Context, logical_id: str, properties: dict[str, Any]) -> Attributes:
    name = context.physical_name(logical_id)
    context.client("cloudwatch").put_metric_alarm(AlarmName=name, **properties)
    return {"Ref": name, "Arn": context.arn("cloudwatch", f"alarm:{name}")}
