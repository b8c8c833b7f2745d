"""SNS over boto3: what AWS documents or was recorded to do. Deliveries go to queues of the same endpoint, and to a listener here.

    STATELARK_ENDPOINT=http://127.0.0.1:8083 pytest test_sns.py

The same suite runs against moto's server with STATELARK_AGAINST=moto. Where moto is known to be wrong the test says why AWS is held
to be otherwise, and is expected to fail there.
"""
import http.server
import json
import os
import queue
import threading
import time
import urllib.request
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


def client(name):
    return boto3.client(name, endpoint_url=ENDPOINT, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test",
                        config=Config(retries={"total_max_attempts": 1}))


@pytest.fixture(scope="module")
def sns():
    return client("sns")


@pytest.fixture(scope="module")
def sqs():
    return client("sqs")


@pytest.fixture
def topic(sns):
    made = []

    def topic(fifo=False, **attributes):
        if fifo:
            attributes["FifoTopic"] = "true"
        made.append(sns.create_topic(Name="t-" + uuid.uuid4().hex[:12] + (".fifo" if fifo else ""), Attributes=attributes)["TopicArn"])
        return made[-1]

    yield topic
    for arn in made:
        sns.delete_topic(TopicArn=arn)


@pytest.fixture
def subscribed(sns, sqs):
    """A queue that has subscribed to a topic: its URL and the subscription's ARN."""
    made = []

    def subscribed(topic, fifo=False, **attributes):
        name = "q-" + uuid.uuid4().hex[:12] + (".fifo" if fifo else "")
        url = sqs.create_queue(QueueName=name, Attributes={"FifoQueue": "true"} if fifo else {})["QueueUrl"]
        made.append(url)
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        sub = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=attributes, ReturnSubscriptionArn=True)["SubscriptionArn"]
        return url, sub

    yield subscribed
    for url in made:
        sqs.delete_queue(QueueUrl=url)


def received(sqs, url):
    got = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"], MessageAttributeNames=["All"]).get("Messages"):
        for m in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=m["ReceiptHandle"])
        got += messages
    return got


def refused(code, call, **params):
    with pytest.raises(ClientError) as e:
        call(**params)
    assert e.value.response["Error"]["Code"] == code, e.value
    return e.value.response["Error"]["Message"]


RAW = {"RawMessageDelivery": "true"}

# Topics


def test_create_again(sns, topic):
    arn = topic(DisplayName="d")
    name = arn.rsplit(":", 1)[1]
    assert sns.create_topic(Name=name)["TopicArn"] == arn
    assert sns.get_topic_attributes(TopicArn=arn)["Attributes"]["DisplayName"] == "d"


@moto_is_wrong("recorded (create_topic_different_attrs): InvalidParameter, Topic already exists with different attributes")
def test_create_with_other_attributes(sns, topic):
    name = topic(DisplayName="d").rsplit(":", 1)[1]
    refused("InvalidParameter", sns.create_topic, Name=name, Attributes={"DisplayName": "e"})


@moto_is_wrong("recorded (create_topic_name_constraints): Invalid parameter: Topic Name")
@pytest.mark.parametrize("name", ["", "a b", "a:b", "x" * 257, "t.fifo"])
def test_invalid_names(sns, name):
    assert refused("InvalidParameter", sns.create_topic, Name=name) == "Invalid parameter: Topic Name"


def test_delete_twice(sns):
    arn = sns.create_topic(Name="t-" + uuid.uuid4().hex)["TopicArn"]
    sns.delete_topic(TopicArn=arn)
    sns.delete_topic(TopicArn=arn)
    refused("NotFound", sns.get_topic_attributes, TopicArn=arn)


def test_list_has_pages(sns):
    made = [sns.create_topic(Name=f"page-{i}-" + uuid.uuid4().hex[:8])["TopicArn"] for i in range(101)]
    pages = list(sns.get_paginator("list_topics").paginate())
    assert len(pages[0]["Topics"]) == 100
    assert set(made) <= {t["TopicArn"] for p in pages for t in p["Topics"]}
    for arn in made:
        sns.delete_topic(TopicArn=arn)


def test_tags(sns, topic):
    arn = topic()
    sns.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    sns.untag_resource(ResourceArn=arn, TagKeys=["a"])
    assert sns.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]


def test_permissions(sns, topic):
    arn = topic()
    sns.add_permission(TopicArn=arn, Label="l", AWSAccountId=["111111111111"], ActionName=["Publish"])
    policy = json.loads(sns.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"])
    assert [s["Sid"] for s in policy["Statement"]] == ["__default_statement_ID", "l"]
    sns.remove_permission(TopicArn=arn, Label="l")
    assert len(json.loads(sns.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"])["Statement"]) == 1


@moto_is_wrong("recorded (topic_delivery_policy_crud): what is effective follows from the policy")
def test_delivery_policy(sns, topic):
    arn = topic()
    sns.set_topic_attributes(TopicArn=arn, AttributeName="DeliveryPolicy",
                             AttributeValue='{"http": {"defaultHealthyRetryPolicy": {"minDelayTarget": 5, "maxDelayTarget": 6, "numRetries": 1}}}')
    effective = json.loads(sns.get_topic_attributes(TopicArn=arn)["Attributes"]["EffectiveDeliveryPolicy"])["http"]
    assert effective["defaultHealthyRetryPolicy"]["minDelayTarget"] == 5 and effective["defaultHealthyRetryPolicy"]["backoffFunction"] == "linear"


# Subscriptions


def test_subscribe_again(sns, sqs, topic, subscribed):
    arn = topic()
    _, sub = subscribed(arn, **RAW)
    got = sns.get_subscription_attributes(SubscriptionArn=sub)["Attributes"]
    assert got["RawMessageDelivery"] == "true" and got["PendingConfirmation"] == "false" and got["TopicArn"] == arn
    assert sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=got["Endpoint"])["SubscriptionArn"] == sub
    assert len(sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]) == 1


@moto_is_wrong("recorded (creating_subscription): pending confirmation")
def test_email_waits_for_a_confirmation(sns, topic):
    arn = topic()
    assert sns.subscribe(TopicArn=arn, Protocol="email", Endpoint="a@example.com")["SubscriptionArn"] == "pending confirmation"


@moto_is_wrong("recorded (publish_no_confirm_subscription): PendingConfirmation in lists")
def test_pending_in_lists(sns, topic):
    arn = topic()
    sns.subscribe(TopicArn=arn, Protocol="email", Endpoint="a@example.com")
    assert sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"][0]["SubscriptionArn"] == "PendingConfirmation"


@pytest.mark.parametrize("protocol,endpoint", [
    ("sqs", "https://sqs/1/q"), ("sms", "NAA+15551234567"), pytest.param("carrier-pigeon", "x", marks=moto_is_wrong("API reference, Subscribe: the list of protocols")),
    pytest.param("http", "https://x", marks=moto_is_wrong("API reference, Subscribe: the endpoint begins with http://"))])
def test_invalid_endpoints(sns, topic, protocol, endpoint):
    refused("InvalidParameter", sns.subscribe, TopicArn=topic(), Protocol=protocol, Endpoint=endpoint)


def test_unsubscribe_twice(sns, sqs, topic, subscribed):
    arn = topic()
    url, sub = subscribed(arn)
    sns.unsubscribe(SubscriptionArn=sub)
    sns.unsubscribe(SubscriptionArn=sub)
    refused("NotFound", sns.get_subscription_attributes, SubscriptionArn=sub)
    sns.publish(TopicArn=arn, Message="m")
    assert not received(sqs, url)


# Publishing


@moto_is_wrong("recorded (message_attributes_not_missing): binary attributes in Base64; SignatureVersion")
def test_envelope(sns, sqs, topic, subscribed):
    arn = topic()
    url, sub = subscribed(arn)
    sent = sns.publish(TopicArn=arn, Message="m", Subject="s", MessageAttributes={
        "n": {"DataType": "Number", "StringValue": "1"}, "b": {"DataType": "Binary", "BinaryValue": b"\x02\x03\x04"}})["MessageId"]
    [m] = received(sqs, url)
    body = json.loads(m["Body"])
    assert {k: body[k] for k in ("Type", "MessageId", "TopicArn", "Subject", "Message", "SignatureVersion")} == {
        "Type": "Notification", "MessageId": sent, "TopicArn": arn, "Subject": "s", "Message": "m", "SignatureVersion": "1"}
    assert body["MessageAttributes"] == {"n": {"Type": "Number", "Value": "1"}, "b": {"Type": "Binary", "Value": "AgME"}}
    assert body["UnsubscribeURL"].endswith("?Action=Unsubscribe&SubscriptionArn=" + sub)
    assert "Signature" in body and "SigningCertURL" in body and body["Timestamp"].endswith("Z")


def test_raw(sns, sqs, topic, subscribed):
    arn = topic()
    url, _ = subscribed(arn, **RAW)
    sns.publish(TopicArn=arn, Message="m", MessageAttributes={"a": {"DataType": "String", "StringValue": "v"}})
    [m] = received(sqs, url)
    assert m["Body"] == "m" and m["MessageAttributes"] == {"a": {"DataType": "String", "StringValue": "v"}}


@moto_is_wrong("recorded (message_structure_json_exc): a default is needed")
def test_structure(sns, sqs, topic, subscribed):
    arn = topic()
    url, _ = subscribed(arn, **RAW)
    sns.publish(TopicArn=arn, MessageStructure="json", Message=json.dumps({"default": "d", "sqs": "q"}))
    assert [m["Body"] for m in received(sqs, url)] == ["q"]
    refused("InvalidParameter", sns.publish, TopicArn=arn, MessageStructure="json", Message='{"sqs": "q"}')


def test_refusals(sns, topic):
    arn = topic()
    refused("InvalidParameter", sns.publish, TopicArn=arn, Message="x" * 262145)
    refused("InvalidParameter", sns.publish, TopicArn=arn, Message="m", Subject="x" * 101)
    refused("NotFound", sns.publish, TopicArn=arn + "x", Message="m")


@moto_is_wrong("recorded (empty_sns_message): Invalid parameter: Empty message")
def test_empty_message(sns, topic):
    assert refused("InvalidParameter", sns.publish, TopicArn=topic(), Message="") == "Invalid parameter: Empty message"


def test_batch(sns, sqs, topic, subscribed):
    arn = topic()
    url, _ = subscribed(arn, **RAW)
    out = sns.publish_batch(TopicArn=arn, PublishBatchRequestEntries=[{"Id": str(i), "Message": str(i)} for i in range(10)])
    assert [e["Id"] for e in out["Successful"]] == [str(i) for i in range(10)] and out["Failed"] == []
    assert [m["Body"] for m in received(sqs, url)] == [str(i) for i in range(10)]
    refused("TooManyEntriesInBatchRequest", sns.publish_batch, TopicArn=arn, PublishBatchRequestEntries=[{"Id": str(i), "Message": "m"} for i in range(11)])
    refused("BatchEntryIdsNotDistinct", sns.publish_batch, TopicArn=arn, PublishBatchRequestEntries=[{"Id": "a", "Message": "m"}] * 2)


def test_fifo(sns, sqs, topic, subscribed):
    arn = topic(fifo=True)
    url, _ = subscribed(arn, fifo=True, **RAW)
    for i in range(5):
        sns.publish(TopicArn=arn, Message=str(i), MessageGroupId="g", MessageDeduplicationId=str(i))
    got = received(sqs, url)
    assert [m["Body"] for m in got] == ["0", "1", "2", "3", "4"]
    assert got[0]["Attributes"]["MessageGroupId"] == "g" and got[0]["Attributes"]["MessageDeduplicationId"] == "0"


@moto_is_wrong("recorded (publish_batch_messages_from_fifo_topic_to_fifo_queue): the same MessageId and SequenceNumber again")
def test_fifo_deduplication(sns, sqs, topic, subscribed):
    arn = topic(fifo=True, ContentBasedDeduplication="true")
    url, _ = subscribed(arn, fifo=True, **RAW)
    one = sns.publish(TopicArn=arn, Message="m", MessageGroupId="g")
    two = sns.publish(TopicArn=arn, Message="m", MessageGroupId="h")
    assert (one["MessageId"], one["SequenceNumber"]) == (two["MessageId"], two["SequenceNumber"])
    assert len(received(sqs, url)) == 1


@moto_is_wrong("API reference, Publish: InvalidParameter without a MessageGroupId")
def test_fifo_needs_a_group(sns, topic):
    refused("InvalidParameter", sns.publish, TopicArn=topic(fifo=True), Message="m")


def test_dead_letters(sns, sqs, topic, subscribed):
    arn = topic()
    dead, _ = subscribed(topic())
    dead_arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sub = sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=dead_arn + "-none", Attributes={"RedrivePolicy": json.dumps({"deadLetterTargetArn": dead_arn})},
                        ReturnSubscriptionArn=True)["SubscriptionArn"]
    assert json.loads(sns.get_subscription_attributes(SubscriptionArn=sub)["Attributes"]["RedrivePolicy"]) == {"deadLetterTargetArn": dead_arn}


@moto_is_wrong("developer guide, dead-letter queues: what cannot be delivered goes there")
def test_dead_letters_arrive(sns, sqs, topic, subscribed):
    arn = topic()
    dead, _ = subscribed(topic())
    dead_arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=dead_arn + "-none",
                  Attributes={"RedrivePolicy": json.dumps({"deadLetterTargetArn": dead_arn}), **RAW})
    sns.publish(TopicArn=arn, Message="m")
    assert [m["Body"] for m in received(sqs, dead)] == ["m"]


# Filters


@pytest.mark.parametrize("policy,yes,no", [
    ({"a": ["x"]}, {"a": "x"}, {"a": "y"}), ({"a": [{"prefix": "x"}]}, {"a": "xy"}, {"a": "yx"}), ({"a": [{"suffix": "x"}]}, {"a": "yx"}, {"a": "xy"}),
    ({"a": [{"anything-but": ["x"]}]}, {"a": "y"}, {"a": "x"}), ({"a": [{"numeric": [">", 0, "<=", 100]}]}, {"a": 100}, {"a": 0}),
    ({"a": [{"exists": False}]}, {"b": 1}, {"a": 1}), pytest.param({"a": [{"equals-ignore-case": "X"}]}, {"a": "x"}, {"a": "y"}, marks=moto_is_wrong("developer guide, filter policies: equals-ignore-case")),
    pytest.param({"a": [{"cidr": "10.0.0.0/24"}]}, {"a": "10.0.0.255"}, {"a": "10.0.1.0"},
                 marks=moto_is_wrong("recorded (filter_policy_ip_address_condition)")),
    pytest.param({"$or": [{"a": ["x"]}, {"b": ["y"]}]}, {"b": "y"}, {"a": "y"}, marks=moto_is_wrong("recorded (filter_policy_on_message_body_or_attribute)")),
     ({"a": {"b": ["x"]}}, {"a": {"b": "x"}}, {"b": "x"}),
    ({"a": ["x"]}, {"a": ["y", "x"]}, {"a": ["y"]})])
def test_filter_body(sns, sqs, topic, subscribed, policy, yes, no):
    arn = topic()
    url, _ = subscribed(arn, FilterPolicy=json.dumps(policy), FilterPolicyScope="MessageBody", **RAW)
    sns.publish(TopicArn=arn, Message=json.dumps(no))
    sns.publish(TopicArn=arn, Message=json.dumps(yes))
    assert [json.loads(m["Body"]) for m in received(sqs, url)] == [yes]


def test_filter_attributes(sns, sqs, topic, subscribed):
    arn = topic()
    url, _ = subscribed(arn, FilterPolicy='{"a": ["x", {"numeric": ["=", 5]}]}', **RAW)
    for kind, value in (("String", "x"), ("String", "y"), ("Number", "5.0"), ("String", "5"), ("String.Array", '["y", "x"]')):
        sns.publish(TopicArn=arn, Message=f"{kind} {value}", MessageAttributes={"a": {"DataType": kind, "StringValue": value}})
    sns.publish(TopicArn=arn, Message="none")
    assert [m["Body"] for m in received(sqs, url)] == ["String x", "Number 5.0", 'String.Array ["y", "x"]']


REFUSED = moto_is_wrong("recorded (validate_policy, subscribe_invalid_filter_policy): the texts")


@pytest.mark.parametrize("policy,text", [
    pytest.param("nonsense", "FilterPolicy: failed to parse JSON. ", marks=REFUSED),
    pytest.param('{"k": [["v"]]}', "FilterPolicy: Match value must be String, number, true, false, or null\n at ", marks=REFUSED),
    pytest.param('{"k": [{"wrong": 1}]}', "FilterPolicy: Unrecognized match type wrong\n at ", marks=REFUSED),
    ('{"k": {"l": ["v"]}}', "Filter policy scope MessageAttributes does not support nested filter policy"),
    (json.dumps({f"k{i}": ["v"] for i in range(6)}), "FilterPolicy: Filter policy can not have more than 5 keys"),
    (json.dumps({"k": [str(i) for i in range(151)]}), "FilterPolicy: Filter policy is too complex")])
def test_filters_that_are_refused(sns, topic, subscribed, policy, text):
    _, sub = subscribed(topic())
    got = refused("InvalidParameter", sns.set_subscription_attributes, SubscriptionArn=sub, AttributeName="FilterPolicy", AttributeValue=policy)
    assert got.startswith("Invalid parameter: " + text)


# HTTP


@pytest.fixture
def listener():
    """A web server here: its URL, and a queue of (headers, body)."""
    got = queue.Queue()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            got.put((self.headers, self.rfile.read(int(self.headers["Content-Length"])).decode()))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook", got
    server.shutdown()


@moto_is_wrong("developer guide, HTTP endpoints: a SubscriptionConfirmation is sent first")
def test_http(sns, topic, listener):
    url, got = listener
    arn = topic()
    assert sns.subscribe(TopicArn=arn, Protocol="http", Endpoint=url)["SubscriptionArn"] == "pending confirmation"
    headers, body = got.get(timeout=10)
    ask = json.loads(body)
    assert headers["x-amz-sns-message-type"] == ask["Type"] == "SubscriptionConfirmation"
    sub = sns.confirm_subscription(TopicArn=arn, Token=ask["Token"])["SubscriptionArn"]
    sent = sns.publish(TopicArn=arn, Message="m")["MessageId"]
    headers, body = got.get(timeout=10)
    assert json.loads(body)["Message"] == "m" and json.loads(body)["MessageId"] == sent
    assert headers["x-amz-sns-message-type"] == "Notification" and headers["x-amz-sns-subscription-arn"] == sub


@moto_is_wrong("developer guide, HTTP endpoints: whoever visits the SubscribeURL confirms")
def test_http_subscribe_url(sns, topic, listener):
    url, got = listener
    arn = topic()
    sns.subscribe(TopicArn=arn, Protocol="http", Endpoint=url)
    ask = json.loads(got.get(timeout=10)[1])
    assert b"ConfirmSubscriptionResponse" in urllib.request.urlopen(ask["SubscribeURL"]).read()
    sns.publish(TopicArn=arn, Message="m")
    assert json.loads(got.get(timeout=10)[1])["Message"] == "m"


@moto_is_wrong("developer guide, verifying signatures: the certificate is where SigningCertURL says")
def test_signature(sns, topic, listener):
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding
    import base64
    url, got = listener
    arn = topic(SignatureVersion="2")
    sns.subscribe(TopicArn=arn, Protocol="http", Endpoint=url)
    ask = json.loads(got.get(timeout=10)[1])
    text = "".join(f"{k}\n{ask[k]}\n" for k in ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"))
    certificate = x509.load_pem_x509_certificate(urllib.request.urlopen(ask["SigningCertURL"]).read())
    certificate.public_key().verify(base64.b64decode(ask["Signature"]), text.encode(), padding.PKCS1v15(), hashes.SHA256())


# Devices and telephones


@moto_is_wrong("API reference, GetEndpointAttributes: CustomUserData")
def test_devices(sns):
    app = sns.create_platform_application(Name="app-" + uuid.uuid4().hex[:8], Platform="GCM", Attributes={"PlatformCredential": "x"})["PlatformApplicationArn"]
    end = sns.create_platform_endpoint(PlatformApplicationArn=app, Token="token", CustomUserData="d")["EndpointArn"]
    assert sns.create_platform_endpoint(PlatformApplicationArn=app, Token="token", CustomUserData="d")["EndpointArn"] == end
    assert sns.get_endpoint_attributes(EndpointArn=end)["Attributes"] == {"Enabled": "true", "Token": "token", "CustomUserData": "d"}
    assert [e["EndpointArn"] for e in sns.list_endpoints_by_platform_application(PlatformApplicationArn=app)["Endpoints"]] == [end]
    assert sns.publish(TargetArn=end, Message="m")["MessageId"]
    sns.set_endpoint_attributes(EndpointArn=end, Attributes={"Enabled": "false"})
    refused("EndpointDisabled", sns.publish, TargetArn=end, Message="m")
    sns.delete_endpoint(EndpointArn=end)
    refused("NotFound", sns.get_endpoint_attributes, EndpointArn=end)
    sns.delete_platform_application(PlatformApplicationArn=app)


def test_sms(sns):
    assert sns.publish(PhoneNumber="+15551234567", Message="m")["MessageId"]
    refused("InvalidParameter", sns.publish, PhoneNumber="+1a", Message="m")
    sns.set_sms_attributes(attributes={"DefaultSMSType": "Transactional"})
    assert sns.get_sms_attributes(attributes=["DefaultSMSType"])["attributes"] == {"DefaultSMSType": "Transactional"}
    sns.opt_in_phone_number(phoneNumber="+15551234567")


def test_publish_is_quick(sns, sqs, topic, subscribed):
    arn = topic()
    url, _ = subscribed(arn, **RAW)
    begun = time.monotonic()
    for i in range(50):
        sns.publish(TopicArn=arn, Message=str(i))
    assert time.monotonic() - begun < 10
    assert [m["Body"] for m in received(sqs, url)] == [str(i) for i in range(50)]
