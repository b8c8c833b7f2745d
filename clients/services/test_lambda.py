"""Lambda over boto3: what AWS documents or was recorded to do. Functions run with the python3 of the machine that the server runs on.

    STATELARK_ENDPOINT=http://127.0.0.1:8083 pytest test_lambda.py

The same suite runs against moto's server with STATELARK_AGAINST=moto. Where moto is known to be wrong the test says why AWS is held
to be otherwise, and is expected to fail there. moto runs functions in Docker alone; what needs one to run is left out there.
"""
import base64
import hashlib
import io
import json
import os
import time
import urllib.error
import urllib.request
import uuid
import zipfile

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT = os.environ.get("STATELARK_ENDPOINT")
if not ENDPOINT:
    pytest.skip("STATELARK_ENDPOINT is not set", allow_module_level=True)
MOTO = os.environ.get("STATELARK_AGAINST") == "moto"
runs = pytest.mark.skipif(MOTO, reason="moto runs functions in Docker alone")
ECHO = "def handler(event, context):\n    return event\n"


def moto_is_wrong(why):
    return pytest.mark.xfail(MOTO, reason=why, strict=True)


def client(name):
    return boto3.client(name, endpoint_url=ENDPOINT, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test",
                        config=Config(retries={"total_max_attempts": 1}, read_timeout=40))


@pytest.fixture(scope="module")
def fn():
    return client("lambda")


@pytest.fixture(scope="module")
def role():
    if not MOTO:
        return "arn:aws:iam::000000000000:role/r"
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
    return client("iam").create_role(RoleName="r-" + uuid.uuid4().hex[:8], AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]


def archive(**files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as z:
        for name, text in files.items():
            z.writestr(name.replace("__", "/") + ".py", text)
    return buffer.getvalue()


def settled(fn, name):
    fn.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 100})
    fn.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 100})
    return name


@pytest.fixture
def make(fn, role):
    made = []

    def make(source=ECHO, **more):
        name = "f-" + uuid.uuid4().hex[:12]
        fn.create_function(FunctionName=name, Runtime="python3.12", Handler="handler.handler", Role=role, Code={"ZipFile": archive(handler=source)},
                           **{"Timeout": 10, **more})
        made.append(name)
        return settled(fn, name)

    yield make
    for name in made:
        try:
            fn.delete_function(FunctionName=name)
        except ClientError:
            pass


def refused(code, call, **params):
    with pytest.raises(ClientError) as e:
        call(**params)
    assert e.value.response["Error"]["Code"] == code, e.value
    return e.value.response["Error"].get("Message", "")


def invoke(fn, name, event=None, **more):
    answer = fn.invoke(FunctionName=name, Payload=json.dumps(event), **more)
    return json.loads(answer["Payload"].read()), answer


def eventually(what, seconds=20):
    until = time.time() + seconds
    while True:
        got = what()
        if got:
            return got
        assert time.time() < until, got
        time.sleep(0.1)


# Functions


def test_create_and_get(fn, make, role):
    name = make(Description="d", MemorySize=256, Environment={"Variables": {"KEY": "v"}}, Tags={"a": "b"})
    f = fn.get_function(FunctionName=name)
    c = f["Configuration"]
    code = archive(handler=ECHO)
    assert (c["FunctionName"], c["Runtime"], c["Role"], c["Handler"], c["Description"]) == (name, "python3.12", role, "handler.handler", "d")
    assert (c["MemorySize"], c["Timeout"], c["Version"], c["State"], c["PackageType"]) == (256, 10, "$LATEST", "Active", "Zip")
    assert c["CodeSize"] == len(code) and c["Environment"] == {"Variables": {"KEY": "v"}}
    assert c["FunctionArn"].endswith(":function:" + name)
    assert f["Tags"] == {"a": "b"}


@moto_is_wrong("moto gives a URL of S3's that nothing answers at")
def test_code_can_be_fetched(fn, make):
    f = fn.get_function(FunctionName=make())
    with urllib.request.urlopen(f["Code"]["Location"]) as r:
        text = r.read()
    assert base64.b64encode(hashlib.sha256(text).digest()).decode() == f["Configuration"]["CodeSha256"]


@moto_is_wrong("moto does not know partial ARNs")
def test_names(fn, make):
    name = make()
    arn = fn.get_function(FunctionName=name)["Configuration"]["FunctionArn"]
    account = arn.split(":")[4]
    for spelt in (arn, f"{account}:function:{name}", f"function:{name}"):
        assert fn.get_function(FunctionName=spelt)["Configuration"]["FunctionArn"] == arn


def test_create_twice(fn, make, role):
    name = make()
    refused("ResourceConflictException", fn.create_function, FunctionName=name, Runtime="python3.12", Handler="h.h", Role=role, Code={"ZipFile": archive(h=ECHO)})


def test_absent(fn):
    for call in (fn.get_function, fn.get_function_configuration, fn.delete_function, fn.publish_version):
        message = refused("ResourceNotFoundException", call, FunctionName="absent")
        assert "unction not found" in message


@moto_is_wrong("moto takes any archive; AWS says that it could not unzip it")
def test_bad_archive(fn, role):
    message = refused("InvalidParameterValueException", fn.create_function, FunctionName="bad", Runtime="python3.12", Handler="h.h", Role=role, Code={"ZipFile": b"none"})
    assert message.startswith("Could not unzip uploaded file")


@moto_is_wrong("moto takes any role; AWS has a pattern for it")
def test_bad_role(fn):
    refused("ValidationException", fn.create_function, FunctionName="bad", Runtime="python3.12", Handler="h.h", Role="r", Code={"ZipFile": archive(h=ECHO)})


@moto_is_wrong("moto lets reserved variables be set")
def test_reserved_variables(fn, make):
    message = refused("InvalidParameterValueException", fn.update_function_configuration, FunctionName=make(), Environment={"Variables": {"AWS_REGION": "x"}})
    assert "AWS_REGION" in message


def test_list(fn, make):
    names = {make(), make()}
    found = [f["FunctionName"] for page in fn.get_paginator("list_functions").paginate() for f in page["Functions"]]
    assert names <= set(found)


def test_update_configuration(fn, make):
    name = make()
    fn.update_function_configuration(FunctionName=name, Timeout=20, MemorySize=512, Description="new", Environment={"Variables": {"KEY": "1"}})
    settled(fn, name)
    after = fn.get_function_configuration(FunctionName=name)
    assert (after["Timeout"], after["MemorySize"], after["Description"], after["Environment"]) == (20, 512, "new", {"Variables": {"KEY": "1"}})


@moto_is_wrong("moto does not look at RevisionId")
def test_revision(fn, make):
    name = make()
    before = fn.get_function_configuration(FunctionName=name)["RevisionId"]
    fn.update_function_configuration(FunctionName=name, Timeout=20, RevisionId=before)
    settled(fn, name)
    assert fn.get_function_configuration(FunctionName=name)["RevisionId"] != before
    refused("PreconditionFailedException", fn.update_function_configuration, FunctionName=name, Timeout=20, RevisionId=str(uuid.uuid4()))


def test_update_code(fn, make):
    name = make()
    before = fn.get_function_configuration(FunctionName=name)["CodeSha256"]
    after = fn.update_function_code(FunctionName=name, ZipFile=archive(handler="def handler(e, c): return 2"))
    assert after["CodeSha256"] != before


def test_code_in_s3(fn, make, role):
    bucket, name = "b-" + uuid.uuid4().hex, "f-" + uuid.uuid4().hex[:12]
    s3 = client("s3")
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="code.zip", Body=archive(handler=ECHO))
    made = fn.create_function(FunctionName=name, Runtime="python3.12", Handler="handler.handler", Role=role, Code={"S3Bucket": bucket, "S3Key": "code.zip"})
    assert made["CodeSize"] == len(archive(handler=ECHO))
    fn.delete_function(FunctionName=name)


def test_delete(fn, make):
    name = make()
    fn.delete_function(FunctionName=name)
    refused("ResourceNotFoundException", fn.get_function, FunctionName=name)


@moto_is_wrong("moto lists the versions of a function that does not exist")
def test_versions_of_none(fn):
    refused("ResourceNotFoundException", fn.list_versions_by_function, FunctionName="absent")


# Invocations


@runs
def test_invoke(fn, make):
    answer, r = invoke(fn, make(), {"a": [1, "é"]})
    assert answer == {"a": [1, "é"]} and r["StatusCode"] == 200 and r["ExecutedVersion"] == "$LATEST" and "FunctionError" not in r


@runs
def test_context_and_variables(fn, make):
    name = make("import os\ndef handler(e, c):\n    return [c.function_name, c.memory_limit_in_mb, os.environ['KEY'], c.log_group_name, c.get_remaining_time_in_millis() > 0]\n",
                Environment={"Variables": {"KEY": "v"}})
    assert invoke(fn, name)[0] == [name, "128", "v", "/aws/lambda/" + name, True]


@runs
def test_function_error(fn, make):
    answer, r = invoke(fn, make("def handler(e, c):\n    raise KeyError('k')\n"))
    assert r["FunctionError"] == "Unhandled" and r["StatusCode"] == 200
    assert answer["errorType"] == "KeyError" and answer["errorMessage"] == "'k'" and answer["stackTrace"]


@runs
def test_timeout(fn, make):
    answer, r = invoke(fn, make("import time\ndef handler(e, c):\n    time.sleep(30)\n", Timeout=1))
    assert r["FunctionError"] == "Unhandled" and "Task timed out after 1.00 seconds" in answer["errorMessage"]


@runs
def test_log_tail(fn, make):
    _, r = invoke(fn, make("def handler(e, c):\n    print('printed')\n"), LogType="Tail")
    log = base64.b64decode(r["LogResult"]).decode()
    assert log.startswith("START RequestId: ") and "\nprinted\n" in log and "REPORT RequestId: " in log


@runs
def test_event_and_dry_run(fn, make):
    name = make()
    assert fn.invoke(FunctionName=name, InvocationType="Event", Payload=b"{}")["StatusCode"] == 202
    assert fn.invoke(FunctionName=name, InvocationType="DryRun")["StatusCode"] == 204


@runs
def test_payload_that_is_no_json(fn, make):
    refused("InvalidRequestContentException", fn.invoke, FunctionName=make(), Payload=b"{")


@runs
def test_logs(fn, make):
    name = make("def handler(e, c):\n    print('one')\n    print('two')\n    return c.log_stream_name\n")
    stream = invoke(fn, name)[0]
    logs = client("logs")

    def printed():
        try:
            return [e["message"] for e in logs.get_log_events(logGroupName="/aws/lambda/" + name, logStreamName=stream, startFromHead=True)["events"]]
        except logs.exceptions.ResourceNotFoundException:
            return []

    start, *lines, end, report = eventually(printed)
    assert start.startswith("START RequestId: ") and start.endswith(" Version: $LATEST\n")
    assert lines == ["one\n", "two\n"] and end.startswith("END RequestId: ") and report.startswith("REPORT RequestId: ")


# Versions and aliases


def test_versions(fn, make):
    name = make()
    first = fn.publish_version(FunctionName=name, Description="first")
    assert (first["Version"], first["Description"]) == ("1", "first") and first["FunctionArn"].endswith(":1")
    fn.update_function_code(FunctionName=name, ZipFile=archive(handler="def handler(e, c): return 2"))
    settled(fn, name)
    assert fn.publish_version(FunctionName=name)["Version"] == "2"
    assert [v["Version"] for v in fn.list_versions_by_function(FunctionName=name)["Versions"]] == ["$LATEST", "1", "2"]
    assert fn.get_function(FunctionName=name, Qualifier="1")["Configuration"]["CodeSha256"] == first["CodeSha256"]


def test_publishing_what_has_not_changed(fn, make):
    name = make()
    assert fn.publish_version(FunctionName=name)["Version"] == fn.publish_version(FunctionName=name)["Version"] == "1"


def two_versions(fn, make):
    name = make("def handler(e, c): return 1")
    fn.publish_version(FunctionName=name)
    fn.update_function_code(FunctionName=name, ZipFile=archive(handler="def handler(e, c): return 2"))
    settled(fn, name)
    fn.publish_version(FunctionName=name)
    return name


def test_aliases(fn, make):
    name = two_versions(fn, make)
    made = fn.create_alias(FunctionName=name, Name="live", FunctionVersion="1", Description="d")
    assert (made["Name"], made["FunctionVersion"], made["Description"]) == ("live", "1", "d") and made["AliasArn"].endswith(name + ":live")
    fn.update_alias(FunctionName=name, Name="live", FunctionVersion="2")
    assert fn.get_alias(FunctionName=name, Name="live")["FunctionVersion"] == "2"
    assert fn.get_function(FunctionName=name, Qualifier="live")["Configuration"]["Version"] == "2"
    assert [a["Name"] for a in fn.list_aliases(FunctionName=name)["Aliases"]] == ["live"]
    fn.delete_alias(FunctionName=name, Name="live")
    refused("ResourceNotFoundException", fn.get_alias, FunctionName=name, Name="live")


@moto_is_wrong("moto has another code for it, which Lambda's model does not know")
def test_alias_twice(fn, make):
    name = two_versions(fn, make)
    fn.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    refused("ResourceConflictException", fn.create_alias, FunctionName=name, Name="live", FunctionVersion="1")


@runs
def test_weights(fn, make):
    name = two_versions(fn, make)
    fn.create_alias(FunctionName=name, Name="live", FunctionVersion="1", RoutingConfig={"AdditionalVersionWeights": {"2": 1.0}})
    assert invoke(fn, name, Qualifier="live")[0] == 2
    fn.update_alias(FunctionName=name, Name="live", RoutingConfig={"AdditionalVersionWeights": {"2": 0.5}})
    assert {invoke(fn, name, Qualifier="live")[0] for _ in range(60)} == {1, 2}
    fn.update_alias(FunctionName=name, Name="live", RoutingConfig={"AdditionalVersionWeights": {}})
    assert {invoke(fn, name, Qualifier="live")[0] for _ in range(20)} == {1}


@moto_is_wrong("moto lets an alias route to the version that it has")
def test_weights_of_its_own_version(fn, make):
    name = two_versions(fn, make)
    refused("InvalidParameterValueException", fn.create_alias, FunctionName=name, Name="live", FunctionVersion="1", RoutingConfig={"AdditionalVersionWeights": {"1": 0.5}})


# What is kept of a function


def test_policy(fn, make):
    name = make()
    fn.add_permission(FunctionName=name, StatementId="s", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com", SourceArn="arn:aws:s3:::b")
    statement, = json.loads(fn.get_policy(FunctionName=name)["Policy"])["Statement"]
    assert (statement["Sid"], statement["Effect"], statement["Principal"]) == ("s", "Allow", {"Service": "s3.amazonaws.com"})
    assert statement["Condition"] == {"ArnLike": {"AWS:SourceArn": "arn:aws:s3:::b"}}
    fn.remove_permission(FunctionName=name, StatementId="s")
    refused("ResourceNotFoundException", fn.get_policy, FunctionName=name)


def test_url(fn, make):
    name = make()
    made = fn.create_function_url_config(FunctionName=name, AuthType="NONE")
    assert fn.get_function_url_config(FunctionName=name)["FunctionUrl"] == made["FunctionUrl"]
    fn.update_function_url_config(FunctionName=name, AuthType="AWS_IAM")
    assert fn.get_function_url_config(FunctionName=name)["AuthType"] == "AWS_IAM"
    fn.delete_function_url_config(FunctionName=name)
    refused("ResourceNotFoundException", fn.get_function_url_config, FunctionName=name)


@runs
def test_url_is_served(fn, make):
    name = make("def handler(e, c):\n    return {'statusCode': 201, 'headers': {'x-a': 'b'}, 'body': e['rawPath'] + e['queryStringParameters']['q'] + e['body']}\n")
    url = fn.create_function_url_config(FunctionName=name, AuthType="NONE")["FunctionUrl"]
    with urllib.request.urlopen(urllib.request.Request(url + "p?q=1", data=b"text", headers={"Content-Type": "text/plain"})) as r:
        assert (r.status, r.headers["x-a"], r.read()) == (201, "b", b"/p1text")
    fn.update_function_url_config(FunctionName=name, AuthType="AWS_IAM")
    with pytest.raises(urllib.error.HTTPError) as e:
        urllib.request.urlopen(url)
    assert e.value.code == 403


def test_tags(fn, make):
    name = make()
    arn = fn.get_function(FunctionName=name)["Configuration"]["FunctionArn"]
    fn.tag_resource(Resource=arn, Tags={"a": "1", "b": "2"})
    fn.untag_resource(Resource=arn, TagKeys=["a", "none"])
    assert fn.list_tags(Resource=arn)["Tags"] == {"b": "2"}


def test_event_invoke_config(fn, make):
    name = make()
    fn.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=1, MaximumEventAgeInSeconds=100)
    got = fn.get_function_event_invoke_config(FunctionName=name)
    assert (got["MaximumRetryAttempts"], got["MaximumEventAgeInSeconds"]) == (1, 100)
    fn.delete_function_event_invoke_config(FunctionName=name)
    refused("ResourceNotFoundException", fn.get_function_event_invoke_config, FunctionName=name)


@moto_is_wrong("moto's update leaves the attempts as they are")
def test_event_invoke_config_update(fn, make):
    name = make()
    fn.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=1, MaximumEventAgeInSeconds=100)
    fn.update_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=2)
    got = fn.get_function_event_invoke_config(FunctionName=name)
    assert (got["MaximumRetryAttempts"], got["MaximumEventAgeInSeconds"]) == (2, 100)


def test_concurrency(fn, make):
    name = make()
    fn.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=5)
    assert fn.get_function_concurrency(FunctionName=name)["ReservedConcurrentExecutions"] == 5
    assert fn.get_function(FunctionName=name)["Concurrency"] == {"ReservedConcurrentExecutions": 5}
    fn.delete_function_concurrency(FunctionName=name)
    assert "ReservedConcurrentExecutions" not in fn.get_function_concurrency(FunctionName=name)


@runs
def test_concurrency_0_stops_a_function(fn, make):
    name = make()
    fn.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    with pytest.raises(fn.exceptions.TooManyRequestsException) as e:
        fn.invoke(FunctionName=name)
    assert e.value.response["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    fn.delete_function_concurrency(FunctionName=name)
    assert invoke(fn, name, 1)[0] == 1


@moto_is_wrong("moto has no provisioned concurrency")
def test_provisioned_concurrency(fn, make):
    name = make()
    fn.publish_version(FunctionName=name)
    fn.put_provisioned_concurrency_config(FunctionName=name, Qualifier="1", ProvisionedConcurrentExecutions=2)
    got = fn.get_provisioned_concurrency_config(FunctionName=name, Qualifier="1")
    assert got["RequestedProvisionedConcurrentExecutions"] == 2
    fn.delete_provisioned_concurrency_config(FunctionName=name, Qualifier="1")
    refused("ProvisionedConcurrencyConfigNotFoundException", fn.get_provisioned_concurrency_config, FunctionName=name, Qualifier="1")


@moto_is_wrong("moto has no code signing configurations")
def test_code_signing(fn, make):
    profile = "arn:aws:signer:us-east-1:000000000000:/signing-profiles/p/abcdefghij"
    made = fn.create_code_signing_config(AllowedPublishers={"SigningProfileVersionArns": [profile]}, Description="d")["CodeSigningConfig"]
    name = make()
    fn.put_function_code_signing_config(FunctionName=name, CodeSigningConfigArn=made["CodeSigningConfigArn"])
    assert fn.get_function_code_signing_config(FunctionName=name)["CodeSigningConfigArn"] == made["CodeSigningConfigArn"]
    refused("ResourceConflictException", fn.delete_code_signing_config, CodeSigningConfigArn=made["CodeSigningConfigArn"])
    fn.delete_function_code_signing_config(FunctionName=name)
    fn.delete_code_signing_config(CodeSigningConfigArn=made["CodeSigningConfigArn"])
    refused("ResourceNotFoundException", fn.get_code_signing_config, CodeSigningConfigArn=made["CodeSigningConfigArn"])


# Layers


def test_layers(fn):
    name = "l-" + uuid.uuid4().hex[:8]
    first = fn.publish_layer_version(LayerName=name, Content={"ZipFile": archive(python__extra="x = 1\n")}, CompatibleRuntimes=["python3.12"])
    second = fn.publish_layer_version(LayerName=name, Content={"ZipFile": archive(python__extra="x = 2\n")})
    assert (first["Version"], second["Version"]) == (1, 2) and first["LayerVersionArn"] == first["LayerArn"] + ":1"
    assert sorted(v["Version"] for v in fn.list_layer_versions(LayerName=name)["LayerVersions"]) == [1, 2]
    fn.delete_layer_version(LayerName=name, VersionNumber=1)
    refused("ResourceNotFoundException", fn.get_layer_version, LayerName=name, VersionNumber=1)


@runs
def test_function_imports_its_layer(fn, make):
    name = "l-" + uuid.uuid4().hex[:8]
    layer = fn.publish_layer_version(LayerName=name, Content={"ZipFile": archive(python__extra="x = 42\n")})
    f = make("import extra\ndef handler(e, c):\n    return extra.x\n", Layers=[layer["LayerVersionArn"]])
    assert invoke(fn, f)[0] == 42


# Event source mappings


@pytest.fixture
def queue():
    sqs = client("sqs")
    made = []

    def queue(**attributes):
        url = sqs.create_queue(QueueName="q-" + uuid.uuid4().hex[:12], Attributes=attributes)["QueueUrl"]
        made.append(url)
        return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    yield queue
    for url in made:
        sqs.delete_queue(QueueUrl=url)


@pytest.fixture
def mapped(fn):
    made = []

    def mapped(**more):
        m = fn.create_event_source_mapping(**more)
        made.append(m["UUID"])
        return m

    yield mapped
    for name in made:
        try:
            fn.delete_event_source_mapping(UUID=name)
        except ClientError:
            pass


def test_mapping(fn, make, queue, mapped):
    name, (_, arn) = make(), queue()
    m = mapped(EventSourceArn=arn, FunctionName=name, BatchSize=5, Enabled=False)
    assert (m["EventSourceArn"], m["BatchSize"]) == (arn, 5) and m["FunctionArn"].endswith(name)
    assert [x["UUID"] for x in fn.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]] == [m["UUID"]]
    assert [x["UUID"] for x in fn.list_event_source_mappings(EventSourceArn=arn)["EventSourceMappings"]] == [m["UUID"]]
    fn.update_event_source_mapping(UUID=m["UUID"], BatchSize=7)
    assert fn.get_event_source_mapping(UUID=m["UUID"])["BatchSize"] == 7
    fn.delete_event_source_mapping(UUID=m["UUID"])
    if not MOTO:
        refused("ResourceNotFoundException", fn.get_event_source_mapping, UUID=m["UUID"])


@moto_is_wrong("moto answers with the state Enabled; AWS says Creating, then Enabled")
def test_mapping_states(fn, make, queue, mapped):
    m = mapped(EventSourceArn=queue()[1], FunctionName=make())
    assert (m["State"], m["StateTransitionReason"], m["FunctionResponseTypes"]) == ("Creating", "USER_INITIATED", [])
    eventually(lambda: fn.get_event_source_mapping(UUID=m["UUID"])["State"] == "Enabled")
    assert fn.update_event_source_mapping(UUID=m["UUID"], Enabled=False)["State"] == "Disabling"
    eventually(lambda: fn.get_event_source_mapping(UUID=m["UUID"])["State"] == "Disabled")


@moto_is_wrong("moto makes a mapping twice")
def test_mapping_twice(fn, make, queue, mapped):
    name, (_, arn) = make(), queue()
    m = mapped(EventSourceArn=arn, FunctionName=name)
    assert m["UUID"] in refused("ResourceConflictException", fn.create_event_source_mapping, EventSourceArn=arn, FunctionName=name)


def test_mapping_of_no_source(fn, make):
    refused("InvalidParameterValueException", fn.create_event_source_mapping, FunctionName=make())


@moto_is_wrong("moto takes a batch of more than ten without a window")
def test_mapping_batch_without_window(fn, make, queue):
    refused("InvalidParameterValueException", fn.create_event_source_mapping, FunctionName=make(), EventSourceArn=queue()[1], BatchSize=100)


@moto_is_wrong("moto does not compare the timeouts")
def test_mapping_of_short_visibility(fn, make, queue):
    message = refused("InvalidParameterValueException", fn.create_event_source_mapping, FunctionName=make(Timeout=60), EventSourceArn=queue()[1])
    assert message == "Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds"


def test_mapping_tags(fn, make, queue, mapped):
    arn = mapped(EventSourceArn=queue()[1], FunctionName=make(), Tags={"a": "1"})["EventSourceMappingArn"]
    fn.tag_resource(Resource=arn, Tags={"b": "2"})
    fn.untag_resource(Resource=arn, TagKeys=["a"])
    assert fn.list_tags(Resource=arn)["Tags"] == {"b": "2"}


def relay(out, then="pass"):
    return f"""
import boto3, json
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl={out!r}, MessageBody=json.dumps(event))
    {then}
"""


@runs
def test_queue_to_function(fn, make, queue, mapped):
    sqs, (url, arn), (out, _) = client("sqs"), queue(), queue()
    mapped(EventSourceArn=arn, FunctionName=make(relay(out)))
    sent = sqs.send_message(QueueUrl=url, MessageBody="hi", MessageAttributes={"k": {"DataType": "String", "StringValue": "v"}})
    got = json.loads(eventually(lambda: sqs.receive_message(QueueUrl=out, WaitTimeSeconds=5).get("Messages"))[0]["Body"])
    r, = got["Records"]
    assert (r["messageId"], r["body"], r["md5OfBody"]) == (sent["MessageId"], "hi", sent["MD5OfMessageBody"])
    assert (r["eventSource"], r["eventSourceARN"], r["awsRegion"]) == ("aws:sqs", arn, "us-east-1") and r["receiptHandle"]
    assert r["messageAttributes"] == {"k": {"stringValue": "v", "stringListValues": [], "binaryListValues": [], "dataType": "String"}}
    assert r["attributes"]["ApproximateReceiveCount"] == "1" and r["attributes"]["SentTimestamp"]

    def empty():
        a = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        return a["ApproximateNumberOfMessages"] == a["ApproximateNumberOfMessagesNotVisible"] == "0"

    eventually(empty)


@runs
def test_failed_messages_come_back(fn, make, queue, mapped):
    sqs, (dead, dead_arn) = client("sqs"), queue()
    url, arn = queue(VisibilityTimeout="1", RedrivePolicy=json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 2}))
    source = "def handler(e, c):\n    return {'batchItemFailures': [{'itemIdentifier': r['messageId']} for r in e['Records'] if r['body'] == 'bad']}\n"
    mapped(EventSourceArn=arn, FunctionName=make(source, Timeout=1), FunctionResponseTypes=["ReportBatchItemFailures"])
    sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": b, "MessageBody": b} for b in ("good", "bad")])
    m, = eventually(lambda: sqs.receive_message(QueueUrl=dead, WaitTimeSeconds=5).get("Messages"))
    assert m["Body"] == "bad"
    assert sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]["ApproximateNumberOfMessages"] == "0"


@runs
def test_batching_window(fn, make, queue, mapped):
    sqs, (url, arn), (out, _) = client("sqs"), queue(), queue()
    mapped(EventSourceArn=arn, FunctionName=make(relay(out)), BatchSize=3, MaximumBatchingWindowInSeconds=20)
    for i in range(3):
        sqs.send_message(QueueUrl=url, MessageBody=str(i))
    got = json.loads(eventually(lambda: sqs.receive_message(QueueUrl=out, WaitTimeSeconds=5).get("Messages"))[0]["Body"])
    assert sorted(r["body"] for r in got["Records"]) == ["0", "1", "2"]
