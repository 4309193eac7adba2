"""Creators of what runs: functions, layers, event source mappings, HTTP APIs, state machines."""

import io
import json
import re
import zipfile
from typing import Any

import yaml

from local.cloud.creators import Context, UnsupportedError, creates
from local.cloud.model import AsyncSettings, HttpApi, LocalFunction, SourceMapping
from local.cloud.resolve import Attributes
from local.cloud.resources import document, text

_UNMEASURED = "nothing is traced or measured here"
_NO_BILL = "nothing is billed or limited here"


def _placeholder() -> bytes:
    # moto wants an archive; the code runs from the working tree.
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("placeholder.txt", "")
    return data.getvalue()


@creates(
    "AWS::Lambda::LayerVersion",
    ("Content", "LayerName"),
    {
        "CompatibleArchitectures": "code runs on this machine's own architecture",
        "CompatibleRuntimes": "code runs on this interpreter",
        "Description": "nobody reads it here",
        "LicenseInfo": "nobody reads it here",
    },
)
def _layer(context: Context, logical_id: str, properties: dict[str, Any]) -> Attributes:
    folder = context.stack.template.local_path(properties["Content"])
    # What `sam build` builds lands in the layer's python/; what it does not build must have that folder itself.
    path = folder if folder in context.stack.template.built else folder / "python"
    if not path.is_dir():
        raise UnsupportedError(f"{logical_id} (AWS::Lambda::LayerVersion): there is no folder {path}")
    arn = context.arn("lambda", f"layer:{properties.get('LayerName', logical_id)}:1")
    context.deployment.layers[arn] = path
    return {"Ref": arn, "LayerVersionArn": arn}


@creates(
    "AWS::Lambda::Function",
    (
        "Code",
        "DeadLetterConfig.TargetArn",
        "Description",
        "Environment.Variables",
        "FunctionName",
        "Handler",
        "Layers",
        "LoggingConfig.ApplicationLogLevel",
        "LoggingConfig.LogFormat",
        "LoggingConfig.LogGroup",
        "MemorySize",
        "PackageType",
        "ReservedConcurrentExecutions",
        "Role",
        "Runtime",
        "Timeout",
    ),
    {
        "Architectures": "code runs on this machine's own architecture",
        "EphemeralStorage": "the temporary folder is this machine's",
        "LoggingConfig.SystemLogLevel": "the platform logs nothing here",
        "RecursiveLoop": "no loop is broken here",
        "TracingConfig": _UNMEASURED,
    },
)
def _function(context: Context, logical_id: str, properties: dict[str, Any]) -> Attributes:
    name = properties.get("FunctionName", context.physical_name(logical_id))
    env = {key: text(value) for key, value in properties.get("Environment", {}).get("Variables", {}).items()}
    timeout_s, memory_mb = int(properties.get("Timeout", 3)), int(properties.get("MemorySize", 128))
    arn = context.client("lambda").create_function(
        FunctionName=name,
        Runtime=properties["Runtime"],
        Role=properties["Role"],
        Handler=properties["Handler"],
        Code={"ZipFile": _placeholder()},
        Timeout=timeout_s,
        MemorySize=memory_mb,
        Environment={"Variables": env},
    )["FunctionArn"]
    layers = []
    for layer in properties.get("Layers", []):
        if layer not in context.deployment.layers:
            raise UnsupportedError(f"{logical_id} (AWS::Lambda::Function): {layer} is not a layer of this template")
        layers.append(context.deployment.layers[layer])
    reserved, logging = properties.get("ReservedConcurrentExecutions"), properties.get("LoggingConfig", {})
    context.deployment.functions[logical_id] = LocalFunction(
        logical_id=logical_id,
        name=name,
        arn=arn,
        handler=properties["Handler"],
        root=context.stack.template.local_path(properties["Code"]),
        layers=tuple(layers),
        env=env,
        timeout_s=timeout_s,
        memory_mb=memory_mb,
        runtime=properties["Runtime"],
        reserved=None if reserved is None else int(reserved),
        log_group=logging.get("LogGroup", f"/aws/lambda/{name}"),
        log_format=logging.get("LogFormat", "Text"),
        log_level=logging.get("ApplicationLogLevel", ""),
        dead_letter_arn=properties.get("DeadLetterConfig", {}).get("TargetArn", ""),
    )
    return {"Ref": name, "Arn": arn}


@creates(
    "AWS::Lambda::EventInvokeConfig",
    ("DestinationConfig.OnFailure.Destination", "FunctionName", "MaximumRetryAttempts", "Qualifier"),
    {"MaximumEventAgeInSeconds": "events do not get old here"},
)
def _event_invoke_config(context: Context, logical_id: str, properties: dict[str, Any]) -> Attributes:
    on_failure = properties.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination", "")
    context.deployment.asynchronous[properties["FunctionName"]] = AsyncSettings(
        retries=int(properties.get("MaximumRetryAttempts", 2)), on_failure_arn=on_failure
    )
    return {"Ref": context.physical_name(logical_id)}


_STREAM_ONLY = (
    "BisectBatchOnFunctionError",
    "DestinationConfig",
    "FilterCriteria",
    "MaximumRecordAgeInSeconds",
    "MaximumRetryAttempts",
    "ParallelizationFactor",
    "StartingPosition",
)


@creates(
    "AWS::Lambda::EventSourceMapping",
    (
        "BatchSize",
        "BisectBatchOnFunctionError",
        "DestinationConfig.OnFailure.Destination",
        "Enabled",
        "EventSourceArn",
        "FilterCriteria.Filters.Pattern",
        "FunctionName",
        "FunctionResponseTypes",
        "MaximumBatchingWindowInSeconds",
        "MaximumRecordAgeInSeconds",
        "MaximumRetryAttempts",
        "ScalingConfig.MaximumConcurrency",
        "StartingPosition",
    ),
    {"ParallelizationFactor": "a table's stream is one shard here, read in order"},
)
def _mapping(context: Context, logical_id: str, properties: dict[str, Any]) -> Attributes:
    arn, kind = properties["EventSourceArn"], "(AWS::Lambda::EventSourceMapping)"
    stream = arn.split(":")[2] == "dynamodb"
    if not stream and arn.split(":")[2] != "sqs":
        raise UnsupportedError(f"{logical_id} {kind}: property EventSourceArn: nothing here reads {arn}")
    if wrong := [name for name in (("ScalingConfig",) if stream else _STREAM_ONLY) if name in properties]:
        raise UnsupportedError(f"{logical_id} {kind}: property {wrong[0]} does not go with {arn}")
    concurrency = properties.get("ScalingConfig", {}).get("MaximumConcurrency")
    context.deployment.mappings[logical_id] = SourceMapping(
        logical_id=logical_id,
        source_arn=arn,
        function=properties["FunctionName"],
        enabled=text(properties.get("Enabled", True)) == "true",
        batch_size=int(properties.get("BatchSize", 100 if stream else 10)),
        window_s=float(properties.get("MaximumBatchingWindowInSeconds", 0)),
        partial_failures="ReportBatchItemFailures" in properties.get("FunctionResponseTypes", []),
        max_concurrency=None if concurrency is None else int(concurrency),
        filters=tuple(item["Pattern"] for item in properties.get("FilterCriteria", {}).get("Filters", [])),
        from_start=properties.get("StartingPosition") == "TRIM_HORIZON",
        bisect=text(properties.get("BisectBatchOnFunctionError", False)) == "true",
        max_retries=int(properties.get("MaximumRetryAttempts", -1)),
        max_age_s=float(properties.get("MaximumRecordAgeInSeconds", -1)),
        on_failure_arn=properties.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination", ""),
    )
    return {"Ref": logical_id, "Id": logical_id}


@creates(
    "AWS::ApiGatewayV2::Api",
    ("Body", "Description", "Name"),
    {"FailOnWarnings": "an unknown part of the body fails here in any case"},
)
def _api(context: Context, logical_id: str, properties: dict[str, Any]) -> Attributes:
    api_id = logical_id.lower()
    context.deployment.apis[logical_id] = HttpApi(logical_id, api_id, properties["Body"])
    return {"Ref": api_id, "ApiId": api_id, "ApiEndpoint": context.api_url}


@creates(
    "AWS::ApiGatewayV2::Stage",
    ("ApiId", "StageName"),
    {
        "AccessLogSettings": "the twin's own log has a line per request",
        "AutoDeploy": "a deployment is at once in force here",
        "DefaultRouteSettings": _NO_BILL,
        "RouteSettings": _NO_BILL,
    },
)
def _stage(_context: Context, logical_id: str, properties: dict[str, Any]) -> Attributes:
    if properties["StageName"] != "$default":
        raise UnsupportedError(f"{logical_id} (AWS::ApiGatewayV2::Stage): property StageName must be $default here")
    return {"Ref": properties["StageName"]}


@creates(
    "AWS::StepFunctions::StateMachine",
    (
        "Definition",
        "DefinitionS3Location",
        "DefinitionString",
        "DefinitionSubstitutions",
        "RoleArn",
        "StateMachineName",
        "StateMachineType",
    ),
    {"LoggingConfiguration": _UNMEASURED, "TracingConfiguration": _UNMEASURED},
)
def _state_machine(context: Context, logical_id: str, properties: dict[str, Any]) -> Attributes:
    if "DefinitionS3Location" in properties:
        source = context.stack.template.local_path(properties["DefinitionS3Location"]).read_text(encoding="utf-8")
    else:
        source = document(properties.get("DefinitionString", properties.get("Definition")))
    for key, value in properties.get("DefinitionSubstitutions", {}).items():
        source = source.replace("${" + key + "}", text(value))
    if left := sorted(set(re.findall(r"\$\{(\w+)\}", source))):
        raise UnsupportedError(f"{logical_id} (AWS::StepFunctions::StateMachine): no substitution for {left}")
    name = properties.get("StateMachineName", context.physical_name(logical_id))
    arn = context.client("stepfunctions").create_state_machine(
        name=name,
        definition=json.dumps(yaml.safe_load(source)),
        roleArn=properties["RoleArn"],
        type=properties.get("StateMachineType", "STANDARD"),
    )["stateMachineArn"]
    return {"Ref": arn, "Arn": arn, "Name": name}
