"""The poller's own two functions, and stand-ins for DynamoDB's PutItem and SQS's SendMessage."""
STATES = ["Started", "PayloadSaved", "Enqueued", "Failed"]


class RetriablePollerError(Exception):
    pass


def prepare(event, context):
    return {
        "taskStateMap": {state: state.upper() for state in STATES},
        "tasks": [
            {"jobId": event["job"], "taskId": str(n), "ttl": "1798761600"} for n in range(event["tasks"])
        ],
    }


asked = set()


def fetch(event, context):
    task = event["task"]["taskId"]
    if task == "1" and task not in asked:
        asked.add(task)
        raise RetriablePollerError("not yet")
    return {**event, "payloadLocation": f"payloads/{event['task']['jobId']}/{task}.json"}


def put_item(event, context):
    if set(event) != {"Item", "TableName"} or not all(len(v) == 1 for v in event["Item"].values()):
        raise ValueError(f"PutItem does not take {event}")
    return {"SdkHttpMetadata": {"HttpStatusCode": 200}}


def send_message(event, context):
    if not event["QueueUrl"].startswith("http") or "payloadLocation" not in event["MessageBody"]:
        raise ValueError(f"SendMessage does not take {event}")
    return {"MessageId": event["MessageAttributes"]["taskId"]["StringValue"]}
