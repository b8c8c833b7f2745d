"""Drives the API with boto3: every call that the usual life of a function makes, and the errors it meets.

Usage: boto3_flow.py ENDPOINT. Exits with a traceback at the first surprise.
"""

import base64
import io
import json
import sys
import urllib.request
import zipfile

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

client = boto3.client(
    "lambda", endpoint_url=sys.argv[1], region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b",
    config=Config(retries={"max_attempts": 0}, connect_timeout=5, read_timeout=30))
ROLE = "arn:aws:iam::000000000000:role/r"
ARN = "arn:aws:lambda:us-east-1:000000000000:function:flow"


def pack(source):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("app.py", source)
    return out.getvalue()


def fails(code, status, call, **parameters):
    try:
        call(**parameters)
    except ClientError as error:
        got = error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
        assert got == (code, status), (got, error)
        return error.response["Error"]["Message"]
    raise AssertionError(f"{call} did not fail with {code}")


ECHO = pack("def handler(event, context):\n    print('seen', event)\n    return {'got': event, 'arn': context.invoked_function_arn}\n")
FAIL = pack("def handler(event, context):\n    raise ValueError('nope')\n")

made = client.create_function(
    FunctionName="flow", Runtime="python3.12", Role=ROLE, Handler="app.handler", Code={"ZipFile": ECHO}, Timeout=20,
    Environment={"Variables": {"COLOR": "red"}}, Tags={"team": "x"})
assert made["FunctionArn"] == ARN and made["Version"] == "$LATEST" and made["State"] == "Active", made
assert made["CodeSize"] == len(ECHO) and made["Environment"] == {"Variables": {"COLOR": "red"}}, made
client.get_waiter("function_active_v2").wait(FunctionName="flow")

message = fails("ResourceConflictException", 409, client.create_function, FunctionName="flow", Runtime="python3.12",
                Role=ROLE, Handler="app.handler", Code={"ZipFile": ECHO})
assert message == "Function already exist: flow", message
message = fails("ResourceNotFoundException", 404, client.get_function, FunctionName="none")
assert message == "Function not found: arn:aws:lambda:us-east-1:000000000000:function:none", message
fails("ResourceNotFoundException", 404, client.invoke, FunctionName="none")
fails("InvalidParameterValueException", 400, client.create_function, FunctionName="bad", Runtime="python3.12", Role=ROLE,
      Handler="app.handler", Code={"ZipFile": b"not a zip"})
fails("InvalidParameterValueException", 400, client.create_function, FunctionName="bad", Runtime="java21", Role=ROLE,
      Handler="app.handler", Code={"ZipFile": ECHO})

answer = client.invoke(FunctionName=ARN, Payload=json.dumps({"n": 1}), LogType="Tail")
assert answer["StatusCode"] == 200 and answer["ExecutedVersion"] == "$LATEST" and "FunctionError" not in answer, answer
assert json.load(answer["Payload"]) == {"got": {"n": 1}, "arn": ARN}
log = base64.b64decode(answer["LogResult"]).decode()
assert log.startswith("START RequestId: ") and "seen {'n': 1}\n" in log and "REPORT RequestId: " in log, log
assert client.invoke(FunctionName="flow", InvocationType="DryRun")["StatusCode"] == 204
assert client.invoke(FunctionName="flow", InvocationType="Event", Payload="{}")["StatusCode"] == 202
fails("InvalidRequestContentException", 400, client.invoke, FunctionName="flow", Payload="{")

function = client.get_function(FunctionName="flow")
assert function["Tags"] == {"team": "x"}, function
with urllib.request.urlopen(function["Code"]["Location"]) as response:
    assert response.read() == ECHO

assert client.publish_version(FunctionName="flow", Description="first")["Version"] == "1"
assert client.create_alias(FunctionName="flow", Name="live", FunctionVersion="1")["AliasArn"] == ARN + ":live"
updated = client.update_function_code(FunctionName="flow", ZipFile=FAIL)
assert updated["CodeSha256"] != made["CodeSha256"] and updated["RevisionId"] != made["RevisionId"], updated
answer = client.invoke(FunctionName="flow")
assert answer["FunctionError"] == "Unhandled", answer
assert json.load(answer["Payload"])["errorType"] == "ValueError"
answer = client.invoke(FunctionName="flow", Qualifier="live", Payload="7")
assert answer["ExecutedVersion"] == "1" and json.load(answer["Payload"]) == {"got": 7, "arn": ARN + ":live"}, answer
assert client.get_alias(FunctionName="flow", Name="live")["FunctionVersion"] == "1"
client.update_alias(FunctionName="flow", Name="live", FunctionVersion="$LATEST")
assert [a["Name"] for a in client.list_aliases(FunctionName="flow")["Aliases"]] == ["live"]
client.delete_alias(FunctionName="flow", Name="live")
assert [v["Version"] for v in client.list_versions_by_function(FunctionName="flow")["Versions"]] == ["$LATEST", "1"]
client.delete_function(FunctionName="flow", Qualifier="1")
fails("ResourceNotFoundException", 404, client.invoke, FunctionName="flow", Qualifier="1")

config = client.update_function_configuration(FunctionName="flow", Timeout=9, MemorySize=256, Environment={"Variables": {}})
assert (config["Timeout"], config["MemorySize"]) == (9, 256) and config["Environment"] == {"Variables": {}}, config
assert client.get_function_configuration(FunctionName="flow")["Timeout"] == 9
fails("PreconditionFailedException", 412, client.update_function_configuration, FunctionName="flow", Timeout=8, RevisionId="old")
client.tag_resource(Resource=ARN, Tags={"k": "v"})
client.untag_resource(Resource=ARN, TagKeys=["team"])
assert client.list_tags(Resource=ARN)["Tags"] == {"k": "v"}

for i in range(7):
    client.create_function(FunctionName=f"page-{i}", Runtime="python3.12", Role=ROLE, Handler="app.handler", Code={"ZipFile": ECHO})
names = [f["FunctionName"] for page in client.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 3})
         for f in page["Functions"]]
assert names == ["flow"] + [f"page-{i}" for i in range(7)], names
for name in names:
    client.delete_function(FunctionName=name)
assert client.list_functions()["Functions"] == []
fails("ResourceNotFoundException", 404, client.delete_function, FunctionName="flow")
assert client.get_account_settings()["AccountUsage"]["FunctionCount"] == 0
