"""Greets. Endpoint, region and credentials come from the environment (AWS_ENDPOINT_URL, AWS_REGION, …)."""
import boto3
import json
from botocore.config import Config as BotoCoreConfig

boto_config = BotoCoreConfig(read_timeout=70)
sf_client = boto3.client("stepfunctions", config=boto_config)
arn = "arn:aws:states:us-east-1:123456789012:activity:get-greeting"

while True:
    response = sf_client.get_activity_task(activityArn=arn, workerName="greeter")
    if "taskToken" in response:
        activity_token = response["taskToken"]
        sf_client.send_task_success(
            taskToken=activity_token, output=json.dumps("Hello from Activity worker!"))
