"""EventBridge over boto3: what AWS documents or was recorded to do.

    STATELARK_ENDPOINT=http://127.0.0.1:8083 pytest test_events.py

The same suite runs against moto's server with STATELARK_AGAINST=moto. Where moto is known to be wrong the test says why AWS is held
to be otherwise, and is expected to fail there.
"""
import json
import os
import time
import uuid

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT = os.environ.get("STATELARK_ENDPOINT")
if not ENDPOINT:
    pytest.skip("STATELARK_ENDPOINT is not set", allow_module_level=True)


def moto_is_wrong(why):
    return pytest.mark.xfail(os.environ.get("STATELARK_AGAINST") == "moto", reason=why, strict=True)


def connect(service, key="test", **more):
    return boto3.client(service, endpoint_url=ENDPOINT, region_name="us-east-1", aws_access_key_id=key, aws_secret_access_key="test",
                        config=Config(retries={"total_max_attempts": 1}), **more)


def refused(code, text=""):
    return pytest.raises(ClientError, match=rf"(?s)\({code}\).*{text}")


@pytest.fixture(scope="module")
def events():
    return connect("events")


@pytest.fixture(scope="module")
def sqs():
    return connect("sqs")


@pytest.fixture
def queue(sqs):
    url = sqs.create_queue(QueueName="q-" + uuid.uuid4().hex[:12])["QueueUrl"]
    yield url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sqs.delete_queue(QueueUrl=url)


@pytest.fixture
def bus(events):
    name = "bus-" + uuid.uuid4().hex[:12]
    events.create_event_bus(Name=name)
    yield name
    for rule in events.list_rules(EventBusName=name)["Rules"]:
        targets = events.list_targets_by_rule(Rule=rule["Name"], EventBusName=name)["Targets"]
        if targets:
            events.remove_targets(Rule=rule["Name"], EventBusName=name, Ids=[t["Id"] for t in targets])
        events.delete_rule(Name=rule["Name"], EventBusName=name)
    events.delete_event_bus(Name=name)


def received(sqs, queue, n=1, seconds=5):
    bodies, end = [], time.time() + seconds
    while len(bodies) < n and time.time() < end:
        for m in sqs.receive_message(QueueUrl=queue[0], MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", []):
            bodies.append(m["Body"])
            sqs.delete_message(QueueUrl=queue[0], ReceiptHandle=m["ReceiptHandle"])
    return bodies


def put(events, bus, detail, **more):
    return events.put_events(Entries=[{"EventBusName": bus, "Source": "test", "DetailType": "kind", "Detail": json.dumps(detail), **more}])


def route(events, bus, queue, pattern={"source": ["test"]}, **target):
    events.put_rule(Name="r", EventBusName=bus, EventPattern=json.dumps(pattern))
    events.put_targets(Rule="r", EventBusName=bus, Targets=[{"Id": "1", "Arn": queue[1], **target}])


def test_buses(events, bus):
    with refused("ResourceAlreadyExistsException"):
        events.create_event_bus(Name=bus)
    assert events.describe_event_bus(Name=bus)["Arn"].endswith(":event-bus/" + bus)
    with refused("ValidationException", "default"):
        events.delete_event_bus(Name="default")
    with refused("ResourceNotFoundException", "does not exist"):
        events.describe_event_bus(Name="none-" + uuid.uuid4().hex)


def test_rules(events, bus, queue):
    route(events, bus, queue)
    rule = events.describe_rule(Name="r", EventBusName=bus)
    assert rule["Arn"].endswith(f":rule/{bus}/r") and rule["State"] == "ENABLED"
    events.disable_rule(Name="r", EventBusName=bus)
    assert events.describe_rule(Name="r", EventBusName=bus)["State"] == "DISABLED"
    assert events.list_rule_names_by_target(TargetArn=queue[1], EventBusName=bus)["RuleNames"] == ["r"]
    with refused("ValidationException", "targets"):
        events.delete_rule(Name="r", EventBusName=bus)


@moto_is_wrong("recorded: Rule NAME does not exist on EventBus BUS.")
def test_no_rule(events):
    with refused("ResourceNotFoundException", "Rule none does not exist on EventBus default."):
        events.describe_rule(Name="none")


def test_delivery(events, sqs, bus, queue):
    route(events, bus, queue)
    answer = put(events, bus, {"a": 1})
    event = json.loads(received(sqs, queue)[0])
    assert event["id"] == answer["Entries"][0]["EventId"] and answer["FailedEntryCount"] == 0
    assert (event["version"], event["source"], event["detail-type"], event["detail"], event["resources"]) == ("0", "test", "kind", {"a": 1}, [])


@moto_is_wrong("InputPath: the target gets that part of the event")
def test_pattern_decides(events, sqs, bus, queue):
    route(events, bus, queue, {"detail": {"n": [{"numeric": [">", 5]}], "name": [{"prefix": "x"}]}}, InputPath="$.detail.n")
    for n, name in ((1, "xa"), (6, "ya"), (7, "xb")):
        put(events, bus, {"n": n, "name": name})
    assert received(sqs, queue, 2, seconds=2) == ["7"]


def test_input_transformer(events, sqs, bus, queue):
    route(events, bus, queue, InputTransformer={"InputPathsMap": {"a": "$.detail.a", "t": "$.detail-type"}, "InputTemplate": '{"a": <a>, "text": "a <t> came"}'})
    put(events, bus, {"a": {"b": [1]}})
    assert json.loads(received(sqs, queue)[0]) == {"a": {"b": [1]}, "text": "a kind came"}


@moto_is_wrong("Input: the target gets that text")
def test_constant_input(events, sqs, bus, queue):
    route(events, bus, queue, Input='{"fixed":1}')
    put(events, bus, {})
    assert json.loads(received(sqs, queue)[0]) == {"fixed": 1}


def test_bus_to_bus(events, sqs, bus, queue):
    first = "first-" + uuid.uuid4().hex[:8]
    events.create_event_bus(Name=first)
    route(events, bus, queue)
    arn = events.describe_event_bus(Name=bus)["Arn"]
    events.put_rule(Name="out", EventBusName=first, EventPattern='{"source":["test"]}')
    events.put_targets(Rule="out", EventBusName=first, Targets=[{"Id": "1", "Arn": arn, "RoleArn": "arn:aws:iam::111122223333:role/r"}])
    put(events, first, {"over": "two"})
    try:
        assert json.loads(received(sqs, queue)[0])["detail"] == {"over": "two"}
    finally:
        events.remove_targets(Rule="out", EventBusName=first, Ids=["1"])
        events.delete_rule(Name="out", EventBusName=first)
        events.delete_event_bus(Name=first)


@moto_is_wrong("what cannot be delivered goes to the dead-letter queue of the target")
def test_dead_letters(events, sqs, bus, queue):
    gone = queue[1] + "-gone"
    events.put_rule(Name="r", EventBusName=bus, EventPattern='{"source":["test"]}')
    events.put_targets(Rule="r", EventBusName=bus, Targets=[{"Id": "1", "Arn": gone, "DeadLetterConfig": {"Arn": queue[1]}}])
    put(events, bus, {"lost": True})
    assert json.loads(received(sqs, queue)[0])["detail"] == {"lost": True}


@pytest.mark.parametrize("entry, code", [({"DetailType": "t", "Detail": "{}"}, "InvalidArgument"), ({"Source": "s", "Detail": "{}"}, "InvalidArgument"),
                                         ({"Source": "s", "DetailType": "t"}, "InvalidArgument"), ({"Source": "s", "DetailType": "t", "Detail": "no"}, "MalformedDetail")])
def test_wrong_entries(events, entry, code):
    out = events.put_events(Entries=[entry, {"Source": "s", "DetailType": "t", "Detail": "{}"}])
    assert out["FailedEntryCount"] == 1 and out["Entries"][0]["ErrorCode"] == code and "EventId" in out["Entries"][1]


@moto_is_wrong("sources that begin with aws. are AWS's: NotAuthorizedForSourceException")
def test_reserved_source(events):
    out = events.put_events(Entries=[{"Source": "aws.mine", "DetailType": "t", "Detail": "{}"}])
    assert out["Entries"][0]["ErrorCode"] == "NotAuthorizedForSourceException"


EVENT = {"id": "1", "account": "1", "source": "s", "time": "2026-01-01T00:00:00Z", "region": "r", "detail-type": "d"}


@moto_is_wrong("TestEventPattern is an operation of EventBridge")
@pytest.mark.parametrize("pattern, detail, want", [
    ({"a": ["x"]}, {"a": ["y", "x"]}, True), ({"a": [{"anything-but": ["x"]}]}, {"a": "x"}, False), ({"a": [{"suffix": {"equals-ignore-case": ".PNG"}}]}, {"a": "b.png"}, True),
    ({"a": [{"cidr": "10.0.0.0/24"}]}, {"a": "10.0.0.9"}, True), ({"a": [{"wildcard": "x*z"}]}, {"a": "xyyz"}, True), ({"a": [{"exists": False}]}, {"b": 1}, True),
    ({"$or": [{"a": [1]}, {"b": [2]}]}, {"b": 2}, True), ({"a": [None]}, {"a": None}, True), ({"a": {"b": ["x"]}}, {"a.b": "x"}, True), ({"a": [{"anything-but": {"prefix": "x"}}]}, {"a": 1}, True)])
def test_patterns(events, pattern, detail, want):
    assert events.test_event_pattern(EventPattern=json.dumps({"detail": pattern}), Event=json.dumps({**EVENT, "detail": detail}))["Result"] is want


@pytest.mark.parametrize("pattern", ['{"a": "x"}', "[1]", "{'a': [1]}", '{"a": [{"prefix": 1}]}', '{"a": [{"like": "x"}]}', '{"a": []}'])
def test_wrong_patterns(events, pattern):
    if os.environ.get("STATELARK_AGAINST") == "moto" and pattern not in ('{"a": "x"}', "{'a': [1]}"):
        pytest.xfail("conditions are checked when a rule is put: InvalidEventPatternException")
    with refused("InvalidEventPatternException", "Event pattern is not valid"):
        events.put_rule(Name="r-" + uuid.uuid4().hex, EventPattern=pattern)


@moto_is_wrong("recorded: a schedule expression is checked when a rule is put")
@pytest.mark.parametrize("expression", ["rate(1 minutes)", "cron(0 1 * * * *)", "cron(71 8 1 * ? *)", "rate(0 days)"])
def test_wrong_schedules(events, expression):
    with refused("ValidationException", "Parameter ScheduleExpression is not valid."):
        events.put_rule(Name="r-" + uuid.uuid4().hex, ScheduleExpression=expression)


@moto_is_wrong("at most one of Input, InputPath and InputTransformer")
def test_one_input(events, bus, queue):
    with refused("ValidationException", "Only one of Input, InputPath, or InputTransformer"):
        route(events, bus, queue, Input="1", InputPath="$.detail")


def test_tags(events, bus):
    arn = events.describe_event_bus(Name=bus)["Arn"]
    events.tag_resource(ResourceARN=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    events.untag_resource(ResourceARN=arn, TagKeys=["a"])
    assert events.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "b", "Value": "2"}]


def test_archive_and_replay(events, sqs, bus, queue):
    arn, name = events.describe_event_bus(Name=bus)["Arn"], "a-" + uuid.uuid4().hex[:12]
    archive = events.create_archive(ArchiveName=name, EventSourceArn=arn)["ArchiveArn"]
    try:
        route(events, bus, queue)
        start = int(time.time()) - 1
        put(events, bus, {"again": 1})
        assert len(received(sqs, queue)) == 1
        events.start_replay(ReplayName=name, EventSourceArn=archive, EventStartTime=start, EventEndTime=start + 60, Destination={"Arn": arn})
        again = json.loads(received(sqs, queue, seconds=10)[0])
        assert again["replay-name"] == name and again["detail"] == {"again": 1}
    finally:
        events.delete_archive(ArchiveName=name)


def test_connections(events):
    name = "c-" + uuid.uuid4().hex[:12]
    events.create_connection(Name=name, AuthorizationType="BASIC", AuthParameters={"BasicAuthParameters": {"Username": "u", "Password": "hush"}})
    try:
        got = events.describe_connection(Name=name)
        assert got["ConnectionState"] == "AUTHORIZED" and got["AuthParameters"]["BasicAuthParameters"] == {"Username": "u"}
        assert "events!connection/" + name in connect("secretsmanager").describe_secret(SecretId=got["SecretArn"])["Name"]
    finally:
        events.delete_connection(Name=name)
    with refused("ResourceNotFoundException", "does not exist"):
        events.describe_connection(Name=name)
