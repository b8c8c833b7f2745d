"""Charges what the event says, and refuses to charge less than nothing."""
import json
import sys


def handler(event, context):
    if event["amount"] < 0:
        sys.exit("the amount is negative")
    return {"charged": event["amount"]}


if __name__ == "__main__":
    print(json.dumps(handler(json.load(sys.stdin), None)))
