"""A Glue job of the Python shell: sums up the orders of a file by country.

It uses boto3 where that is installed, as it is at AWS, and the standard library elsewhere.
"""
import argparse
import json
import os
import urllib.request

try:
    import boto3
except ImportError:
    boto3 = None


def s3(method, bucket, key, data=None):
    if boto3:
        client = boto3.client("s3")
        if method == "PUT":
            return client.put_object(Bucket=bucket, Key=key, Body=data)
        return client.get_object(Bucket=bucket, Key=key)["Body"].read()
    # The server takes any signature, and reads account and region from what stands before it.
    scope = f"{os.environ['AWS_ACCESS_KEY_ID']}/20260101/{os.environ['AWS_REGION']}/s3/aws4_request"
    headers = {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=none"}
    url = f"{os.environ['AWS_ENDPOINT_URL']}/{bucket}/{key}"
    with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method)) as answer:
        return answer.read()


parser = argparse.ArgumentParser()
for name in ["--bucket", "--source", "--target"]:
    parser.add_argument(name, required=True)
args, _ = parser.parse_known_args()  # Glue adds arguments of its own

report = {}
for order in json.loads(s3("GET", args.bucket, args.source)):
    report[order["country"]] = report.get(order["country"], 0) + order["amount"]
s3("PUT", args.bucket, args.target, json.dumps(report).encode())
print("countries:", len(report))
