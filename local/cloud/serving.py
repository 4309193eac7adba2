"""Creators of what runs: functions, layers, event source mappings, HTTP APIs, state machines."""

import io
import json
import re
import zipfile
from typing import Any

import yaml

from local.cloud.creators import NO_PERMISSIONS, Context, UnsupportedError, creates
from local.cloud.model import HttpApi, LocalFunction, SourceMapping
from local.cloud.resolve import Attributes
from local.cloud.resources import text

_NO_TRACES = "nothing is traced or measured here"
_THIS_MACHINE = "code runs on this machine's own processor and interpreter"
_ARCHIVE = io.BytesIO()  # moto wants one; the code runs from the working tree
with zipfile.ZipFile(_ARCHIVE, "w") as _archive:
    _archive.writestr("placeholder.txt", "")


@creates(
    "AWS::Lambda::LayerVersion",
    "Content LayerName",
    {_THIS_MACHINE: "CompatibleArchitectures CompatibleRuntimes", "nobody reads it here": "Description"},
)
def _layer(context: Context, logical_id: str, properties: dict[str, Any]) -> Attributes:
    path = context.stack.template.local_path(properties["Content"])
    # `sam build` puts what it builds under python/, which is why its source must not have that folder itself.
    if path not in context.stack.template.built or not path.is_dir():
        raise UnsupportedError(f"{logical_id} (AWS::Lambda::LayerVersion): {path} is no folder with a BuildMethod")
    arn = context.arn("lambda", f"layer:{properties['LayerName']}:1")
    context.deployment.layers[arn] = path
    return {"Ref": arn, "LayerVersionArn": arn}


@creates(
    "AWS::Lambda::Function",
    "Code Environment.Variables Handler Layers LoggingConfig.ApplicationLogLevel LoggingConfig.LogFormat MemorySize"
    " Role Runtime Timeout",
    {_THIS_MACHINE: "Architectures", _NO_TRACES: "TracingConfig", "no loop is broken here": "RecursiveLoop"},
)
def _function(context: Context, logical_id: str, properties: dict[str, Any]) -> Attributes:
    name = context.physical_name(logical_id)
    env, logging = properties.get("Environment", {}).get("Variables", {}), properties.get("LoggingConfig", {})
    arn = context.client("lambda").create_function(
        FunctionName=name,
        Runtime=properties["Runtime"],
        Role=properties["Role"],
        Handler=properties["Handler"],
        Code={"ZipFile": _ARCHIVE.getvalue()},
    )["FunctionArn"]
    context.deployment.functions[logical_id] = LocalFunction(
        logical_id=logical_id,
        name=name,
        arn=arn,
        handler=properties["Handler"],
        root=context.stack.template.local_path(properties["Code"]),
        layers=tuple(context.deployment.layers[layer] for layer in properties.get("Layers", [])),
        env={key: text(value) for key, value in env.items()},
        timeout_s=int(properties.get("Timeout", 3)),
        memory_mb=int(properties.get("MemorySize", 128)),
        runtime=properties["Runtime"],
        log_format=logging.get("LogFormat", "Text"),
        log_level=logging.get("ApplicationLogLevel", ""),
    )
    return {"Ref": name, "Arn": arn}


@creates(
    "AWS::Lambda::EventInvokeConfig",
    "FunctionName MaximumRetryAttempts Qualifier",
    {
        "events do not get old here": "MaximumEventAgeInSeconds",
        "an event that is given up is logged": "DestinationConfig",
    },
)
def _event_invoke_config(context: Context, logical_id: str, properties: dict[str, Any]) -> Attributes:
    context.deployment.retries[properties["FunctionName"]] = int(properties.get("MaximumRetryAttempts", 2))
    return {"Ref": context.physical_name(logical_id)}


@creates(
    "AWS::Lambda::EventSourceMapping",
    "BatchSize BisectBatchOnFunctionError EventSourceArn FilterCriteria.Filters.Pattern FunctionName"
    " FunctionResponseTypes ScalingConfig.MaximumConcurrency StartingPosition",
    {"a failing batch is tried again for as long as the twin runs": "DestinationConfig MaximumRecordAgeInSeconds"},
)
def _mapping(context: Context, logical_id: str, properties: dict[str, Any]) -> Attributes:
    arn, given = properties["EventSourceArn"], set(properties)
    stream = arn.split(":")[2] == "dynamodb"
    elsewhere = {"ScalingConfig"} if stream else {"BisectBatchOnFunctionError", "FilterCriteria", "StartingPosition"}
    if wrong := given & elsewhere:
        raise UnsupportedError(f"{logical_id} (AWS::Lambda::EventSourceMapping): {sorted(wrong)} not with {arn}")
    concurrency = properties.get("ScalingConfig", {}).get("MaximumConcurrency")
    context.deployment.mappings[logical_id] = SourceMapping(
        logical_id=logical_id,
        source_arn=arn,
        function=properties["FunctionName"],
        batch_size=int(properties.get("BatchSize", 100 if stream else 10)),
        partial_failures="ReportBatchItemFailures" in properties.get("FunctionResponseTypes", []),
        max_concurrency=None if concurrency is None else int(concurrency),
        filters=tuple(item["Pattern"] for item in properties.get("FilterCriteria", {}).get("Filters", [])),
        from_start=properties.get("StartingPosition") == "TRIM_HORIZON",
        bisect=text(properties.get("BisectBatchOnFunctionError", False)) == "true",
    )
    return {"Ref": logical_id, "Id": logical_id}


@creates("AWS::ApiGatewayV2::Api", "Body", {"an unknown part of the body fails here in any case": "FailOnWarnings"})
def _api(context: Context, logical_id: str, properties: dict[str, Any]) -> Attributes:
    api_id = logical_id.lower()
    context.deployment.apis[logical_id] = HttpApi(logical_id, api_id, properties["Body"])
    return {"Ref": api_id, "ApiId": api_id, "ApiEndpoint": context.api_url}


@creates(
    "AWS::ApiGatewayV2::Stage",
    "ApiId StageName",
    {
        "the twin's own log has a line per request": "AccessLogSettings",
        "a deployment is at once in force here": "AutoDeploy",
        "nothing is limited here": "DefaultRouteSettings",
    },
)
def _stage(_context: Context, logical_id: str, properties: dict[str, Any]) -> Attributes:
    if properties["StageName"] != "$default":
        raise UnsupportedError(f"{logical_id} (AWS::ApiGatewayV2::Stage): property StageName must be $default here")
    return {"Ref": properties["StageName"]}


@creates(
    "AWS::StepFunctions::StateMachine",
    "DefinitionS3Location DefinitionSubstitutions RoleArn StateMachineType",
    {_NO_TRACES: "LoggingConfiguration TracingConfiguration", NO_PERMISSIONS: "PermissionsBoundary"},
)
def _state_machine(context: Context, logical_id: str, properties: dict[str, Any]) -> Attributes:
    source = context.stack.template.local_path(properties["DefinitionS3Location"]).read_text(encoding="utf-8")
    for key, value in properties.get("DefinitionSubstitutions", {}).items():
        source = source.replace("${" + key + "}", text(value))
    if left := sorted(set(re.findall(r"\$\{(\w+)\}", source))):
        raise UnsupportedError(f"{logical_id} (AWS::StepFunctions::StateMachine): no substitution for {left}")
    name, kind = context.physical_name(logical_id), properties.get("StateMachineType", "STANDARD")
    definition = json.dumps(yaml.safe_load(source))
    arn = context.client("stepfunctions").create_state_machine(
        name=name, definition=definition, roleArn=properties["RoleArn"], type=kind
    )["stateMachineArn"]
    return {"Ref": arn, "Arn": arn, "Name": name}
