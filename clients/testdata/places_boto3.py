"""Has the same names in two regions and two accounts of one server, functions and presigned requests too."""
import io
import json
import zipfile

import boto3
from botocore.exceptions import ClientError

PLACES = [(region, account) for region in ("eu-west-1", "cn-north-1") for account in ("111111111111", "222222222222")]
SOURCE = "import os\n\ndef handler(event, context):\n    return [os.environ['AWS_REGION'], os.environ['AWS_ACCESS_KEY_ID'], WHERE]\n"


def client(service, region, account):
    return boto3.client(service, region_name=region, aws_access_key_id=account, aws_secret_access_key="x")


def archive(text):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as z:
        z.writestr("handler.py", text)
    return data.getvalue()


for region, account in PLACES:
    partition = "aws-cn" if region.startswith("cn-") else "aws"
    sfn, functions = client("stepfunctions", region, account), client("lambda", region, account)
    made = functions.create_function(
        FunctionName="f", Runtime="python3.12", Handler="handler.handler", Role=f"arn:{partition}:iam::{account}:role/r",
        Timeout=30, Code={"ZipFile": archive(SOURCE.replace("WHERE", repr(region + account)))})
    assert made["FunctionArn"] == f"arn:{partition}:lambda:{region}:{account}:function:f", made
    assert [f["FunctionArn"] for f in functions.list_functions()["Functions"]] == [made["FunctionArn"]]
    machine = sfn.create_state_machine(name="m", roleArn=f"arn:{partition}:iam::{account}:role/r", definition=json.dumps(
        {"StartAt": "F", "States": {"F": {"Type": "Task", "Resource": made["FunctionArn"], "End": True}}}))["stateMachineArn"]
    assert machine == f"arn:{partition}:states:{region}:{account}:stateMachine:m", machine
    assert [m["stateMachineArn"] for m in sfn.list_state_machines()["stateMachines"]] == [machine]
    execution = sfn.start_execution(stateMachineArn=machine)["executionArn"]
    while (x := sfn.describe_execution(executionArn=execution))["status"] == "RUNNING":
        pass
    assert json.loads(x["output"]) == [region, account, region + account], x
    answer = functions.invoke(FunctionName="f")["Payload"].read()
    assert json.loads(answer) == [region, account, region + account], answer

here = client("lambda", "eu-west-1", "111111111111")
answer = here.invoke(FunctionName="arn:aws:lambda:eu-west-1:222222222222:function:f")["Payload"].read()
assert json.loads(answer)[1] == "222222222222", answer
try:
    here.invoke(FunctionName="arn:aws-cn:lambda:cn-north-1:111111111111:function:f")
    raise AssertionError("a function of another region was invoked")
except ClientError as e:
    assert e.response["Error"]["Code"] == "ResourceNotFoundException", e.response
