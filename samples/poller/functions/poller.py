"""The poller's own two functions."""
STATES = ["Started", "PayloadSaved", "Enqueued", "Failed"]


class RetriablePollerError(Exception):
    pass


def prepare(event, context):
    """Splits the job into tasks."""
    return {
        "taskStateMap": {state: state.upper() for state in STATES},
        "tasks": [
            {"jobId": event["job"], "taskId": str(n), "ttl": "1798761600"} for n in range(event["tasks"])
        ],
    }


asked = set()


def fetch(event, context):
    """Gets the payload of a task. That of task 1 is not there when it is first asked for."""
    task = event["task"]["taskId"]
    if task == "1" and task not in asked:
        asked.add(task)
        raise RetriablePollerError("not yet")
    return {**event, "payloadLocation": f"payloads/{event['task']['jobId']}/{task}.json"}
