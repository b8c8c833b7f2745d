"""Prints pages, one heartbeat each. The first job of every worker jams, and one without pages is refused."""
import json

import boto3
from botocore.config import Config

client = boto3.client("stepfunctions", config=Config(read_timeout=70))
activity = "arn:aws:states:us-east-1:123456789012:activity:HelloWorld"
jammed = False

while True:
    task = client.get_activity_task(activityArn=activity, workerName="printer")
    if "taskToken" not in task:
        continue  # the long poll is over, and there was nothing to do
    token = task["taskToken"]
    pages = json.loads(task["input"])["pages"]
    if pages < 1:
        client.send_task_failure(taskToken=token, error="NothingToDo", cause="no pages were asked for")
    elif not jammed:
        jammed = True
        client.send_task_failure(taskToken=token, error="Unlucky", cause="the paper jammed")
    else:
        for _ in range(pages):
            client.send_task_heartbeat(taskToken=token)
        client.send_task_success(taskToken=token, output=json.dumps({"printed": pages}))
