"""Asks a gateway whose services answer by a table (gateway_test.go), and looks at what comes out of boto3."""

import io
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

URL = sys.argv[1]


def client(name, **config):
    return boto3.client(name, endpoint_url=URL, region_name="us-east-1", aws_access_key_id="123456789012", aws_secret_access_key="x",
                        config=Config(retries={"max_attempts": 1}, **config))


def refused(code, status, call, **args):
    try:
        call(**args)
    except ClientError as e:
        found = e.response["Error"]["Code"], e.response["ResponseMetadata"]["HTTPStatusCode"]
        assert found == (code, status), (found, (code, status), e.response)
        return e.response
    raise AssertionError(f"{code} was not raised")


db = client("dynamodb")
assert db.put_item(TableName="abc", Item={"a": {"B": b"\0\1\2"}})["Attributes"] == {"a": {"B": b"\0\1\2"}, "n": {"N": "1"}}
r = refused("ResourceNotFoundException", 400, db.get_item, TableName="abc", Key={"a": {"S": "x"}})
assert r["Error"]["Message"] == "Requested resource not found"
assert db.describe_table(TableName="abc")["Table"]["CreationDateTime"].timestamp() == 1700000000.25
r = refused("TransactionCanceledException", 400, db.transact_write_items, TransactItems=[{"Put": {"TableName": "abc", "Item": {}}}])
assert r["CancellationReasons"] == [{"Code": "None"}], r

sqs = client("sqs")
r = refused("AWS.SimpleQueueService.NonExistentQueue", 400, sqs.get_queue_url, QueueName="q")
assert r["Error"]["QueryErrorCode"] == "QueueDoesNotExist", r
m = sqs.receive_message(QueueUrl=URL + "/123456789012/q")["Messages"][0]
assert m["MessageAttributes"]["k"]["BinaryValue"] == b"\0\1\2" and m["Body"] == "a<b"

sns = client("sns")
assert sns.publish(TopicArn="arn:x", Message="m", MessageAttributes={"a": {"DataType": "Binary", "BinaryValue": b"\0"}})["MessageId"] == "m"
assert [t["TopicArn"] for t in sns.list_topics()["Topics"]] == ["arn:1", "arn:2"]
refused("InvalidParameter", 400, sns.create_topic, Name="x")
refused("NotFound", 404, sns.get_topic_attributes, TopicArn="x")
assert client("sts").get_caller_identity()["Account"] == "123456789012"

s3 = client("s3", s3={"addressing_style": "path"})
for body in (b"hello", io.BytesIO(b"x" * 300_000), b""):
    assert len(s3.put_object(Bucket="b1", Key="a b/ü+&", Body=body, Metadata={"colour": "blue"}, ContentType="text/plain")["ETag"]) == 34
for algorithm in ("SHA1", "SHA256", "CRC32"):
    s3.put_object(Bucket="b1", Key="k", Body=b"hello", ChecksumAlgorithm=algorithm)
    s3.upload_part(Bucket="b1", Key="k", UploadId="u", PartNumber=1, Body=b"x" * 70_000, ChecksumAlgorithm=algorithm)
o = s3.get_object(Bucket="b1", Key="k")
assert o["Body"].read() == b"hello" and o["Metadata"] == {"colour": "blue"} and o["ContentLength"] == 5 and o["ContentType"] == "text/plain"
refused("404", 404, s3.head_object, Bucket="b1", Key="k")
b = s3.list_buckets()
assert b["Buckets"][0]["Name"] == "b1" and b["Buckets"][0]["CreationDate"].timestamp() == 1700000000 and b["Owner"]["ID"] == "i"
listed = s3.list_objects_v2(Bucket="b1")
assert [c["Key"] for c in listed["Contents"]] == ["a&b", "ü"] and listed["CommonPrefixes"] == [{"Prefix": "p/"}] and listed["KeyCount"] == 2
d = s3.delete_objects(Bucket="b1", Delete={"Objects": [{"Key": "a"}, {"Key": "b", "VersionId": "v"}]})
assert d["Deleted"] == [{"Key": "a"}] and d["Errors"][0]["Code"] == "AccessDenied"
assert s3.get_bucket_location(Bucket="b1")["LocationConstraint"] == "eu-west-1"
assert s3.get_bucket_acl(Bucket="b1")["Grants"][0]["Grantee"] == {"ID": "i", "Type": "CanonicalUser"}
refused("NoSuchKey", 404, s3.copy_object, Bucket="b1", Key="x", CopySource="b1/y")
assert s3.create_bucket(Bucket="b1", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})["Location"] == "/b1"
import urllib.request
assert urllib.request.urlopen(s3.generate_presigned_url("get_object", Params={"Bucket": "b1", "Key": "k"})).read() == b"hello"

batch = client("batch")
assert batch.submit_job(jobName="n", jobQueue="q", jobDefinition="d")["jobId"] == "1"
refused("ClientException", 400, batch.describe_jobs, jobs=["1"])
assert client("logs").put_log_events(logGroupName="g", logStreamName="s", logEvents=[{"timestamp": 1, "message": "m"}])["nextSequenceToken"] == "t"
refused("InternalFailure", 500, client("events").put_events, Entries=[{"Source": "s"}])
refused("InternalFailure", 500, client("ssm").get_parameter, Name="n")
assert client("ecs").list_clusters()["clusterArns"] == []
assert client("secretsmanager").get_secret_value(SecretId="s")["SecretBinary"] == b"\0\1\2"
refused("NotImplemented", 501, client("sns").list_subscriptions)
refused("NotImplemented", 501, client("kms").list_keys)
refused("NotImplemented", 501, client("ec2").describe_instances)
refused("NotImplemented", 501, client("route53").list_hosted_zones)

import datetime
cw = client("cloudwatch")
assert cw.meta.service_model.metadata["protocol"] == "smithy-rpc-v2-cbor"
cw.put_metric_data(Namespace="n", MetricData=[{"MetricName": "m", "Value": 1.5, "Timestamp": datetime.datetime(2024, 1, 1)}])
now = datetime.datetime(2024, 1, 1)
g = cw.get_metric_data(MetricDataQueries=[{"Id": "a"}], StartTime=now, EndTime=now)["MetricDataResults"][0]
assert g["Timestamps"][0].timestamp() == 1700000000 and g["Values"] == [1.5], g
