"""Calls of AWS services with nothing but Python's standard library. On AWS, boto3 does the same; here it may be missing.

AWS_ENDPOINT_URL is the server's; without it the calls go to AWS itself.
"""
import datetime
import hashlib
import hmac
import json
import os
import urllib.error
import urllib.parse
import urllib.request

REGION = os.environ.get("AWS_REGION", "us-east-1")
TARGETS = {"dynamodb": "DynamoDB_20120810", "sqs": "AmazonSQS"}


class ServiceError(Exception):
    """A service said no. The name of the error comes first in the message."""


def call(service, operation, **parameters):
    """Calls an operation of a service that speaks JSON: call("dynamodb", "PutItem", TableName=...)."""
    headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"{TARGETS[service]}.{operation}"}
    return json.loads(send(service, "POST", "/", headers, json.dumps(parameters).encode()) or b"{}")


def put_object(bucket, key, data):
    send("s3", "PUT", f"/{bucket}/{urllib.parse.quote(key)}", {"Content-Type": "application/octet-stream"}, data)


def get_object(bucket, key):
    return send("s3", "GET", f"/{bucket}/{urllib.parse.quote(key)}", {}, b"")


def send(service, method, path, headers, body):
    url = os.environ.get("AWS_ENDPOINT_URL", f"https://{service}.{REGION}.amazonaws.com").rstrip("/")
    headers = sign(service, method, urllib.parse.urlsplit(url).netloc, path, headers, body)
    request = urllib.request.Request(url + path, data=body or None, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read()
    except urllib.error.HTTPError as refused:
        raise ServiceError(refused.read().decode()) from None


def sign(service, method, host, path, headers, body):
    """Signature Version 4: https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html"""
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{now[:8]}/{REGION}/{service}/aws4_request"
    digest = hashlib.sha256(body).hexdigest()
    headers = {**headers, "Host": host, "X-Amz-Date": now, "X-Amz-Content-Sha256": digest}
    if "AWS_SESSION_TOKEN" in os.environ:
        headers["X-Amz-Security-Token"] = os.environ["AWS_SESSION_TOKEN"]
    names = sorted(name.lower() for name in headers)
    values = {name.lower(): value for name, value in headers.items()}
    canonical = "\n".join([method, path, "", *(f"{n}:{values[n]}" for n in names), "", ";".join(names), digest])
    key = ("AWS4" + os.environ.get("AWS_SECRET_ACCESS_KEY", "local")).encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    text = "\n".join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    who = os.environ.get("AWS_ACCESS_KEY_ID", "local")
    headers["Authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={who}/{scope}, SignedHeaders={';'.join(names)}, Signature={signature}"
    )
    return headers
