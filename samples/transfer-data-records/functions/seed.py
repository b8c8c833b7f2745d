"""Fills the table with messages and answers the list of their ids, with DONE at its end."""
import os

import aws


def handler(event, context):
    ids = [f"message-{n}" for n in range(event["records"])]
    for n, id in enumerate(ids):
        item = {"MessageId": {"S": id}, "Message": {"S": f"Hello from record {n}"}}
        aws.call("dynamodb", "PutItem", TableName=os.environ["TABLE_NAME"], Item=item)
    return ids + ["DONE"]
