"""Handlers that do what the tests ask of them."""
# ruff: noqa: TID251, T201 - a plain handler, as anybody may write it

import collections
import json
import os
import sys
import time
from pathlib import Path

import boto3
import probelib


def handler(event: dict, context: object) -> object:
    """Do what `event["do"]` says; an HTTP request is answered as its query says, or with the event itself."""
    if "rawPath" in event:
        wish = event.get("queryStringParameters", {}).get("do", "")
        if wish:
            return globals()["do_" + wish](event, context)
        return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": json.dumps(event)}
    return globals()["do_" + event["do"]](event, context)


def do_sleep(event: dict, _context: object) -> object:
    time.sleep(float(event.get("seconds") or event["queryStringParameters"]["seconds"]))
    return {"slept": True}


def do_env(_event: dict, context: object) -> object:
    left = context.get_remaining_time_in_millis()
    return {
        "env": dict(os.environ),
        "path": sys.path,
        "lib": probelib.NAME,
        "left_ms": left,
        "arn": context.invoked_function_arn,
    }


def do_pid(_event: dict, _context: object) -> object:
    return {"pid": os.getpid()}


def do_crash(_event: dict, _context: object) -> object:
    print("about to leave", flush=True)
    os._exit(3)


def do_raise(_event: dict, _context: object) -> object:
    raise ValueError("no good")


def do_big(event: dict, _context: object) -> object:
    return {"statusCode": 200, "body": "x" * int(event.get("size", 7_000_000))}


def do_teapot(_event: dict, _context: object) -> object:
    return {
        "statusCode": 418,
        "headers": {"X-Kind": "pot", "Content-Type": "image/png"},
        "cookies": ["a=1", "b=2"],
        "body": "AAEC",
        "isBase64Encoded": True,
    }


def do_plain(_event: dict, _context: object) -> object:
    return {"free": "form"}


def do_odd(_event: dict, _context: object) -> object:
    return {"statusCode": "many", "body": 3}


def do_get(event: dict, _context: object) -> object:
    return boto3.client("dynamodb").get_item(TableName=os.environ["TABLE"], Key=event["key"]).get("Item")


def note(kind: str, value: object) -> None:
    boto3.client("events").put_events(
        Entries=[
            {"Source": "probe", "DetailType": kind, "Detail": json.dumps(value), "EventBusName": os.environ["BUS"]}
        ]
    )


def record(event: dict, _context: object) -> None:
    note("Recorded", event)


def fails(event: dict, _context: object) -> None:
    note("Failing", event)
    raise RuntimeError("always")


def work(event: dict, _context: object) -> dict:
    failures = []
    for message in event["Records"]:
        body = json.loads(message["body"])
        if "sleep" in body:
            time.sleep(body["sleep"])
        if body.get("quiet"):
            with Path(body["quiet"]).open("a") as out:
                out.write(f"{body['n']}\n")
            continue
        note("Worked", {"body": body, "at": time.time(), "batch": len(event["Records"]), "record": message})
        if body.get("fail"):
            failures.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failures}


attempts = collections.Counter()


def follow(event: dict, _context: object) -> dict:
    note("Followed", {"batch": len(event["Records"]), "at": time.time(), "records": event["Records"]})
    failed = []
    for change in event["Records"]:
        image, number = change["dynamodb"]["NewImage"], change["dynamodb"]["SequenceNumber"]
        attempts[number] += 1
        if attempts[number] <= int(image.get("poison", {"N": "0"})["N"]):
            raise RuntimeError("poison")
        if attempts[number] <= int(image.get("reject", {"N": "0"})["N"]):
            failed.append({"itemIdentifier": number})
    return {"batchItemFailures": failed}
