"""CloudWatch Logs over boto3: what AWS documents or was recorded to do.

    STATELARK_ENDPOINT=http://127.0.0.1:8083 pytest test_logs.py

The same suite runs against moto's server with STATELARK_AGAINST=moto. Where moto is known to be wrong the test says why AWS is held
to be otherwise, and is expected to fail there.
"""
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
def logs():
    return connect("logs")


@pytest.fixture
def group(logs):
    name = "/test/" + uuid.uuid4().hex[:12]
    logs.create_log_group(logGroupName=name)
    yield name
    logs.delete_log_group(logGroupName=name)


@pytest.fixture
def stream(logs, group):
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    return "s"


def now():
    return int(time.time() * 1000)


def put(logs, group, *messages, stream="s", at=None):
    at = at or now()
    return logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[{"timestamp": at + i, "message": m} for i, m in enumerate(messages)])


def found(logs, group, pattern, **more):
    return [e["message"] for e in logs.filter_log_events(logGroupName=group, filterPattern=pattern, **more)["events"]]


@moto_is_wrong("recorded: a group has a logGroupClass")
def test_groups(logs, group):
    with refused("ResourceAlreadyExistsException", "already exists"):
        logs.create_log_group(logGroupName=group)
    described = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]
    assert described["arn"].endswith(f":log-group:{group}:*") and described["logGroupClass"] == "STANDARD" and described["storedBytes"] == 0
    with refused("ResourceNotFoundException", "The specified log group does not exist"):
        logs.delete_log_group(logGroupName="none-" + uuid.uuid4().hex)


@moto_is_wrong("recorded: prefix and pattern are mutually exclusive")
def test_prefix_and_pattern(logs):
    with refused("InvalidParameterException", "mutually exclusive"):
        logs.describe_log_groups(logGroupNamePrefix="x", logGroupNamePattern="x")


def test_retention(logs, group):
    logs.put_retention_policy(logGroupName=group, retentionInDays=7)
    assert logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["retentionInDays"] == 7
    logs.delete_retention_policy(logGroupName=group)
    assert "retentionInDays" not in logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]


def test_tags_of_both_kinds(logs, group):
    arn = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["arn"].removesuffix(":*")
    logs.tag_log_group(logGroupName=group, tags={"a": "1", "b": "2"})
    logs.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert logs.list_tags_log_group(logGroupName=group)["tags"] == logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"b": "2"}


def test_streams(logs, group):
    for name in ("b", "a", "c"):
        logs.create_log_stream(logGroupName=group, logStreamName=name)
    put(logs, group, "x", stream="b")
    put(logs, group, "x", stream="a", at=now() + 1000)
    names = lambda **more: [s["logStreamName"] for s in logs.describe_log_streams(logGroupName=group, **more)["logStreams"]]
    assert names() == ["a", "b", "c"]
    assert names(orderBy="LastEventTime", descending=True)[:2] == ["a", "b"]
    pages = list(logs.get_paginator("describe_log_streams").paginate(logGroupName=group, PaginationConfig={"PageSize": 2}))
    assert [len(p["logStreams"]) for p in pages] == [2, 1]
    with refused("InvalidParameterException", "Cannot order by LastEventTime"):
        names(orderBy="LastEventTime", logStreamNamePrefix="a")
    with refused("ResourceAlreadyExistsException"):
        logs.create_log_stream(logGroupName=group, logStreamName="a")


def test_order_of_events(logs, group, stream):
    with refused("InvalidParameterException", "chronological order"):
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[{"timestamp": now(), "message": "a"}, {"timestamp": now() - 10, "message": "b"}])


@moto_is_wrong("PutLogEvents: a batch spans 24 hours at most")
def test_span_of_a_batch(logs, group, stream):
    with refused("InvalidParameterException", "24 hours"):
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[{"timestamp": now() - 25 * 3600_000, "message": "a"}, {"timestamp": now(), "message": "b"}])


@moto_is_wrong("rejectedLogEventsInfo tells what was rejected, alone")
def test_age_of_events(logs, group, stream):
    day = 24 * 3600_000
    assert put(logs, group, "x", at=now() - 15 * day)["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 1}
    assert put(logs, group, "x", at=now() + day)["rejectedLogEventsInfo"] == {"tooNewLogEventStartIndex": 0}


def test_get_forward_and_backward(logs, group, stream):
    put(logs, group, *"12345")
    get = lambda **more: logs.get_log_events(logGroupName=group, logStreamName=stream, **more)
    page = get(limit=2)
    assert [e["message"] for e in page["events"]] == ["4", "5"]
    before = get(limit=2, nextToken=page["nextBackwardToken"])
    assert [e["message"] for e in before["events"]] == ["2", "3"]
    after = get(limit=2, nextToken=page["nextForwardToken"])
    assert after["events"] == [] and after["nextForwardToken"] == page["nextForwardToken"]
    assert [e["message"] for e in get(limit=2, startFromHead=True)["events"]] == ["1", "2"]
    with refused("InvalidParameterException", "nextToken"):
        get(nextToken="no-token")


MESSAGES = ["[ERROR 400] BAD REQUEST", "[WARN] hello cruela", '{"level":"error","n":5,"in":{"list":["x"]}}', '{"level":"info","n":50}', '127.0.0.1 bob [10/Oct/2000] "GET / HTTP" 404 15']


@pytest.mark.parametrize("pattern, which", [("ERROR", [0]), ("BAD REQUEST", [0]), ('"hello cruel"', [1]), ("WARN -hello", []), ("", [0, 1, 2, 3, 4])])
def test_patterns(logs, group, stream, pattern, which):
    put(logs, group, *MESSAGES)
    assert found(logs, group, pattern) == [MESSAGES[i] for i in which]


@moto_is_wrong("the user guide's filter pattern syntax: optional and excluded terms, conditions on numbers, fields between spaces")
@pytest.mark.parametrize("pattern, which", [("?ERROR ?WARN", [0, 1]), ('{ $.level = "error" }', [2]), ("{ $.n > 10 }", [3]), ("{ $.n > 1 && $.in.list[0] = x }", [2]),
                                            ("{ $.in NOT EXISTS }", [3]), ("{ $.level = e* || $.n = 50 }", [2, 3]), ("[ip, user, time, request, status=4*, size]", [4]), ("%WARN|404%", [1, 4])])
def test_more_patterns(logs, group, stream, pattern, which):
    put(logs, group, *MESSAGES)
    assert found(logs, group, pattern) == [MESSAGES[i] for i in which]


@moto_is_wrong("what is no filter pattern is refused")
def test_bad_pattern(logs, group):
    with refused("InvalidParameterException"):
        found(logs, group, "{ $.a = }")


@moto_is_wrong("streams are interleaved, in the order of times")
def test_streams_interleaved_and_pages(logs, group, stream):
    logs.create_log_stream(logGroupName=group, logStreamName="t")
    at = now()
    put(logs, group, "1", at=at)
    put(logs, group, "2", at=at + 5, stream="t")
    put(logs, group, "3", at=at + 9)
    assert found(logs, group, "") == ["1", "2", "3"]
    assert found(logs, group, "", logStreamNames=["t"]) == ["2"]
    assert found(logs, group, "", startTime=at + 1, endTime=at + 9) == ["2", "3"]
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, PaginationConfig={"PageSize": 2})
    assert [e["message"] for p in pages for e in p["events"]] == ["1", "2", "3"]


def test_metric_filters(logs, group):
    metric = {"metricName": "m" + uuid.uuid4().hex[:8], "metricNamespace": "n", "metricValue": "1"}
    logs.put_metric_filter(logGroupName=group, filterName="f", filterPattern="x", metricTransformations=[metric])
    one = logs.describe_metric_filters(metricName=metric["metricName"], metricNamespace="n")["metricFilters"]
    assert [(f["filterName"], f["logGroupName"]) for f in one] == [("f", group)]
    logs.delete_metric_filter(logGroupName=group, filterName="f")
    assert logs.describe_metric_filters(logGroupName=group)["metricFilters"] == []


@moto_is_wrong("TestMetricFilter is an operation of CloudWatch Logs")
def test_test_metric_filter(logs):
    matches = logs.test_metric_filter(filterPattern="[a, b=2]", logEventMessages=["1 1", "1 2"])["matches"]
    assert matches == [{"eventNumber": 2, "eventMessage": "1 2", "extractedValues": {"$a": "1", "$b": "2"}}]


def test_subscription_refusals(logs, group):
    with refused("ResourceNotFoundException", "The specified log group does not exist"):
        logs.delete_subscription_filter(logGroupName="none-" + uuid.uuid4().hex, filterName="f")
    with refused("ResourceNotFoundException", "The specified subscription filter does not exist"):
        logs.delete_subscription_filter(logGroupName=group, filterName="f")


def test_resource_policies(logs):
    name = "p" + uuid.uuid4().hex[:8]
    logs.put_resource_policy(policyName=name, policyDocument='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"logs:*","Resource":"*"}]}')
    assert name in [p["policyName"] for p in logs.describe_resource_policies()["resourcePolicies"]]
    logs.delete_resource_policy(policyName=name)
    with refused("ResourceNotFoundException", "does not exist"):
        logs.delete_resource_policy(policyName=name)


@moto_is_wrong("the commands filter, sort and limit of Logs Insights")
def test_query(logs, group, stream):
    put(logs, group, '{"n":1}', '{"n":20}', '{"n":3}')
    started = logs.start_query(logGroupName=group, startTime=int(time.time()) - 60, endTime=int(time.time()) + 60, queryString="fields n | filter n > 2 | sort n desc | limit 5")
    for _ in range(20):
        results = logs.get_query_results(queryId=started["queryId"])
        if results["status"] == "Complete":
            break
        time.sleep(0.1)
    assert [next(c["value"] for c in row if c["field"] == "n") for row in results["results"]] == ["20", "3"]
