"""The template keeps the rules, and each rule would notice if it did not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.template.rules import RULES
from tests.template.stack import TEMPLATE, Stack

if TYPE_CHECKING:
    from pathlib import Path

TEXT = TEMPLATE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def stack() -> Stack:
    return Stack.read()


@pytest.mark.parametrize("name", RULES)
def test_template_keeps_the_rule(stack: Stack, name: str) -> None:
    """Nothing in the template is against the rule; its own docstring says what it asks."""
    assert list(RULES[name](stack)) == []


def test_every_rule_says_what_it_asks() -> None:
    """Each rule has a docstring: it is the test's."""
    assert [name for name, rule in RULES.items() if not rule.__doc__] == []


MUTATIONS: list[tuple[str, str, str]] = [
    ("handlers_exist", "CodeUri: functions/poller/", "CodeUri: functions/pollr/"),
    ("handlers_exist", "Handler: app.handler", "Handler: app.handle_it"),
    ("environment_is_settings", "          EXPECTED_S: !Ref ExpectedSeconds\n          RESULT", "          RESULT"),
    ("environment_is_settings", "EVENT_BUS_NAME: !Ref EventBus", "BUS_NAME: !Ref EventBus"),
    ("prompts_are_logged_on_demand", "  LogPrompts:\n    Type: String\n    Default: 'false'",
     "  LogPrompts:\n    Type: String\n    Default: 'true'"),
    ("prompts_are_logged_on_demand", "LOG_PROMPTS: !Ref LogPrompts", "LOG_PROMPTS: 'true'"),
    ("prompts_are_logged_on_demand", "LOG_LEVEL: !Ref LogLevel",
     "LOG_LEVEL: !Ref LogLevel\n        LOG_PROMPTS: !Ref LogPrompts"),
    ("timeouts_and_memory_said", "      Timeout: 300\n", ""),
    ("timeouts_and_memory_said", "FUNCTION_TIMEOUT_S: '300'", "FUNCTION_TIMEOUT_S: '30'"),
    ("timeouts_and_memory_said", "Timeout: 29 ", "Timeout: 60 "),
    ("logs_are_kept_and_end", "'/aws/lambda/${WorkerFunction}'", "'/aws/lambda/worker'"),
    ("logs_are_kept_and_end", "      RetentionInDays: !Ref LogRetentionDays\n", ""),
    ("access_log_hides_tokens", "$context.routeKey", "$context.path"),
    ("one_processor", "      BuildArchitecture: !Ref Architecture\n", ""),
    ("one_processor", "      BuildArchitecture: !Ref Architecture\n", "      BuildArchitecture: x86_64\n"),
    ("least_privilege", "[dynamodb:PutItem, dynamodb:UpdateItem]", "[dynamodb:PutItem, dynamodb:Scan]"),
    ("least_privilege", "Sub '${MediaBucket.Arn}/inputs/*'\n", "Sub '${MediaBucket.Arn}/*'\n"),
    ("least_privilege", "      Role: !GetAtt WorkerRole.Arn\n", ""),
    ("least_privilege", "Sub '${MediaBucket.Arn}/outbox/*'\n", "Sub '${MediaBucket.Arn}/*'\n"),
    ("no_wide_managed_policies", "      Role: !GetAtt WebhooksRole.Arn\n", ""),
    ("no_wide_managed_policies", "      Role: !GetAtt PublisherRole.Arn\n", ""),
    ("no_wildcards", "Action: [sqs:ReceiveMessage, sqs:DeleteMessage, sqs:GetQueueAttributes]", "Action: sqs:*"),
    ("no_wildcards", " # Lambda asks for this as well, and it is about no one stream: hence the star", ""),
    ("least_privilege", "/outbox/*.error.json'", "/outbox/*'"),
    ("no_wildcards", "Action: events:PutEvents\n                Resource: !GetAtt EventBus.Arn",
     "Action: events:PutEvents\n                Resource: '*'"),
    ("workflow_has_what_it_names", "        Partition: !Ref AWS::Partition\n", ""),
    ("workflow_has_what_it_names", "Action: lambda:InvokeFunction", "Action: lambda:*"),
    ("resumer_is_no_task", "          FUNCTION_TIMEOUT_S: '60'", "          WORKFLOW_ARN: !Ref ElementsThenVideo"),
    ("only_their_own_take_roles", "Service: states.amazonaws.com", "Service: lambda.amazonaws.com"),
    ("only_their_own_take_roles", "Service: lambda.amazonaws.com", "Service: ec2.amazonaws.com"),
    ("loops_allowed_for_worker", "      RecursiveLoop: Allow\n", ""),
    ("loops_allowed_for_worker", "      CodeUri: functions/callback/\n",
     "      CodeUri: functions/callback/\n      RecursiveLoop: Allow\n"),
    ("queues_wait_for_readers", "VisibilityTimeout: 1800", "VisibilityTimeout: 300"),
    ("queues_wait_for_readers", "VisibilityTimeout: 720", "VisibilityTimeout: 120"),
    ("queues_wait_for_readers", "deadLetterTargetArn: !GetAtt DeliveriesDeadLetterQueue.Arn",
     "deadLetterTargetArn: !GetAtt WorkDeadLetterQueue.Arn"),
    ("queues_wait_for_readers", "deadLetterTargetArn: !GetAtt WorkDeadLetterQueue.Arn",
     "deadLetterTargetArn: !GetAtt WorkQueue.Arn"),
    ("queue_waits_for_intake", "VisibilityTimeout: 900", "VisibilityTimeout: 150"),
    ("queue_waits_for_intake", "MessageRetentionPeriod: 345600", "MessageRetentionPeriod: 1500000"),
    ("queue_waits_for_intake", "            BatchSize: 5\n            FunctionResponseTypes: [ReportBatchItemFailures]\n",
     "            BatchSize: 5\n"),
    ("queue_waits_for_intake", "              MaximumConcurrency: 10 #", "              # MaximumConcurrency: 10 #"),
    ("queues_are_encrypted", "      SqsManagedSseEnabled: true\n", ""),
    ("rules_feed_intake", "          DeadLetterConfig: {Arn: !GetAtt IntakeDeadLetterQueue.Arn}\n", ""),
    ("rules_feed_intake", "          Arn: !GetAtt IntakeQueue.Arn\n          DeadLetter",
     "          Arn: !GetAtt WorkQueue.Arn\n          DeadLetter"),
    ("only_rules_fill_intake", "            Condition:\n              ArnEquals: {'aws:SourceArn'",
     "            NotCondition:\n              ArnEquals: {'aws:SourceArn'"),
    ("only_rules_fill_intake", "Queues: [!Ref IntakeDeadLetterQueue]", "Queues: [!Ref WorkDeadLetterQueue]"),
    ("rules_take_what_is_meant", "[{prefix: inbox/}]", "[{exists: true}]"),
    ("rules_take_what_is_meant", "          bucket: {name: [!Ref MediaBucket]}\n", ""),
    ("rules_take_what_is_meant", "source: [{anything-but: klingway}]", "source: [{exists: true}]"),
    ("rules_take_what_is_meant", "      EventBusName: !Ref EventBus\n", ""),
    ("rules_take_what_is_meant", "{EventBridgeEnabled: true}", "{EventBridgeEnabled: false}"),
    ("one_message_a_time", "BatchSize: 1 # a long", "BatchSize: 10 # a long"),
    ("one_message_a_time", "BatchSize: 1 # a receiver", "BatchSize: 10 # a receiver"),
    ("one_message_a_time", "MaximumConcurrency: 50", "MaximumConcurrency: 2"),
    ("stream_loses_nothing", "TRIM_HORIZON", "LATEST"),
    ("stream_loses_nothing", "            BisectBatchOnFunctionError: true\n", ""),
    ("stream_loses_nothing", "            FunctionResponseTypes: [ReportBatchItemFailures]\n", ""),
    ("stream_loses_nothing", "MaximumRecordAgeInSeconds: 82800", "MaximumRecordAgeInSeconds: 86400"),
    ("filter_lets_changes_through", '"announce": {"N": [{"exists": true}]}, ', ""),
    ("filter_lets_changes_through", ', "sk": {"S": ["job"]}', ""),
    ("filter_lets_changes_through", "                    - PublishesStateChanges\n", "                    - HasPublicBaseUrl\n"),
    ("filter_lets_changes_through", '["succeeded", "failed", "canceled"]', '["succeeded", "failed"]'),
    ("filter_lets_changes_through", '"announce": {"N"', '"announce": {"S"'),
    ("schedule_each_minute", "rate(1 minute)", "rate(5 minutes)"),
    ("schedule_each_minute", "MaximumRetryAttempts: 0", "MaximumRetryAttempts: 2"),
    ("table_has_keys_and_indexes", "ProjectionType: KEYS_ONLY", "ProjectionType: ALL"),
    ("checks_change_no_list", "[kind, state, provider, reference, origin]", "[kind, state, updated_at]"),
    ("table_is_safe", "PointInTimeRecoveryEnabled: true", "PointInTimeRecoveryEnabled: false"),
    ("table_is_safe", "StreamViewType: NEW_IMAGE", "StreamViewType: KEYS_ONLY"),
    ("table_is_safe", "AttributeName: expires_at", "AttributeName: ttl"),
    ("bucket_is_private", "        RestrictPublicBuckets: true\n", ""),
    ("bucket_is_private", "'aws:SecureTransport': 'false'", "'aws:SecureTransport': 'true'"),
    ("bucket_is_private", "Prefix: inputs/, ", ""),
    ("nothing_is_lost", "  JobsTable:\n    Type: AWS::DynamoDB::Table\n    DeletionPolicy: Retain",
     "  JobsTable:\n    Type: AWS::DynamoDB::Table\n    DeletionPolicy: Delete"),
    ("providers_are_registry", '{"klingai": {', '{"kling": {'),
    ("providers_are_registry", '${ApimartSecret}", "rules', '${KlingaiSecret}", "rules'),
    ("secrets_are_providers", "SecretString: '{}'", "SecretString: '{\"api_key\": \"x\"}'"),
    ("routes_are_apis", "Method: GET, Path: /health", "Method: GET, Path: /healthz"),
    ("routes_are_apis", "Method: POST, Path: /v1/videos", "Method: PUT, Path: /v1/videos"),
    ("routes_are_apis", "        AnythingElse: {Type: HttpApi, Properties: {ApiId: !Ref Api}}\n", ""),
    (
        "gateway_may_call",
        "Callback: {Type: HttpApi, Properties: {ApiId: !Ref Api, Method: POST, Path: '/callbacks/{subject}/{token}'}}",
        "{}",
    ),
    ("dead_letters_ring", "Value: !GetAtt WorkDeadLetterQueue.QueueName", "Value: !GetAtt IntakeDeadLetterQueue.QueueName"),
    ("dead_letters_ring", "Value: !GetAtt DeliveriesDeadLetterQueue.QueueName", "Value: !GetAtt DeliveriesQueue.QueueName"),
    ("dead_letters_ring", "TreatMissingData: ignore", "TreatMissingData: notBreaching"),
    ("dead_letters_ring", "      Threshold: 1\n      TreatMissingData: ignore",
     "      Threshold: 10\n      TreatMissingData: ignore"),
    ("alarms_say_when", "TreatMissingData: breaching", "TreatMissingData: missing"),
    ("alarms_say_when", "Expression: runs - errors", "Expression: runs + errors"),
    ("alarms_say_when", "Threshold: 900000 # milliseconds", "Threshold: 90000000"),
    ("alarms_say_when", "MetricName: 5xx", "MetricName: 4xx"),
    ("alarms_are_told", "      OKActions: [!Ref AlarmTopic]\n", ""),
    ("alarms_are_told", "                  - !GetAtt ApiAlarm.Arn\n", ""),
    ("alarms_are_told", "Principal: {Service: cloudwatch.amazonaws.com}", "Principal: '*'"),
    ("alarms_are_told", "!If [HasAlarmEmail, [", "!If [HasPublicBaseUrl, ["),
    ("alarms_are_told", "docs/runbook.md, WorkerAlarm.", "docs/runbook.md."),
    ("idle_is_cheap", "  WorkDeadLettersAlarm:\n", "".join(
        f"  More{number}: {{Type: AWS::SecretsManager::Secret}}\n" for number in range(2)) + "  WorkDeadLettersAlarm:\n"),
    ("no_circle", "      Description: Klingway's credential at KlingAI\n",
     "      Description: !Sub 'Klingway at ${ApiFunction}'\n"),
    ("no_circle", "  WorkDeadLetterQueue:\n    Type: AWS::SQS::Queue\n",
     "  WorkDeadLetterQueue:\n    Type: AWS::SQS::Queue\n    DependsOn: WorkerFunction\n"),
    ("references_exist", "Value: !Ref WorkQueue\n", "Value: !Ref WorkQueues\n"),
    ("parameters_are_used", "          RESULT_LINK_HOURS: !Ref ResultLinkHours", "          RESULT_LINK_HOURS: 24"),
    ("outputs_for_users", "  EventBusName:\n    Description", "  BusName:\n    Description"),
    ("sentence_above_each", "  # Klingway itself; changes with each release.\n", ""),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "there", "broken"), MUTATIONS)
def test_rule_notices_a_broken_template(tmp_path: Path, rule: str, there: str, broken: str) -> None:
    """A template in which one thing was changed for the worse is against the rule that is about it."""
    assert there in TEXT, "the mutation is out of date"
    copy = tmp_path / "template.yaml"
    copy.write_text(TEXT.replace(there, broken), encoding="utf-8")
    assert list(RULES[rule](Stack.read(copy)))


def test_every_rule_is_shown_a_broken_template() -> None:
    """No rule goes without a template that it refuses."""
    assert set(RULES) == {rule for rule, _, _ in MUTATIONS}
