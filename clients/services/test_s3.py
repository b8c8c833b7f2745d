"""S3 as boto3 sees it. The same suite runs against the built-in service and against moto:

    STATELARK_ENDPOINT=http://127.0.0.1:8083 pytest clients/services/test_s3.py
    STATELARK_ENDPOINT=http://127.0.0.1:5000 STATELARK_AGAINST=moto pytest clients/services/test_s3.py

Where moto does otherwise than AWS, the test says so, and where AWS says it.
"""

import base64
import hashlib
import io
import os
import urllib.error
import urllib.request
import uuid
import zlib
from datetime import datetime, timedelta, timezone

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT = os.environ.get("STATELARK_ENDPOINT")
pytestmark = pytest.mark.skipif(not ENDPOINT, reason="STATELARK_ENDPOINT is not set")

API = "docs.aws.amazon.com/AmazonS3/latest/API/"
GUIDE = "docs.aws.amazon.com/AmazonS3/latest/userguide/"


def moto_differs(reason):
    return pytest.mark.xfail(os.environ.get("STATELARK_AGAINST") == "moto", reason=reason, strict=False)


def connect(region="us-east-1", **config):
    return boto3.client("s3", endpoint_url=ENDPOINT, region_name=region, aws_access_key_id="test",
                        aws_secret_access_key="test", config=Config(retries={"total_max_attempts": 1}, **config))


@pytest.fixture(scope="session")
def s3():
    return connect()


def empty(s3, name):
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=name):
        for v in page.get("Versions", []) + page.get("DeleteMarkers", []):
            s3.delete_object(Bucket=name, Key=v["Key"], VersionId=v["VersionId"], BypassGovernanceRetention=True)


@pytest.fixture
def make(s3):
    made = []

    def bucket(**more):
        name = "b-" + uuid.uuid4().hex[:20]
        s3.create_bucket(Bucket=name, **more)
        made.append(name)
        return name

    yield bucket
    for name in made:
        empty(s3, name)
        s3.delete_bucket(Bucket=name)


@pytest.fixture
def bucket(make):
    return make()


@pytest.fixture
def versioned(make, s3):
    name = make()
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


def refused(code, status, call, **arguments):
    with pytest.raises(ClientError) as raised:
        call(**arguments)
    answer = raised.value.response
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == (code, status), answer
    return answer


def get(s3, bucket, key, **more):
    return s3.get_object(Bucket=bucket, Key=key, **more)["Body"].read()


class TestBuckets:
    def test_life(self, s3):
        name = "b-" + uuid.uuid4().hex[:20]
        assert s3.create_bucket(Bucket=name)["Location"] == "/" + name
        assert s3.head_bucket(Bucket=name)["BucketRegion"] == "us-east-1"
        assert name in [b["Name"] for b in s3.list_buckets()["Buckets"]]
        assert s3.get_bucket_location(Bucket=name)["LocationConstraint"] is None
        s3.delete_bucket(Bucket=name)
        refused("404", 404, s3.head_bucket, Bucket=name)
        refused("NoSuchBucket", 404, s3.delete_bucket, Bucket=name)

    def test_not_empty(self, s3, bucket):
        s3.put_object(Bucket=bucket, Key="k")
        refused("BucketNotEmpty", 409, s3.delete_bucket, Bucket=bucket)

    @pytest.mark.parametrize("name", ["UPPER-case", "ab", "a..b", "has_underscore", "-begins", "192.168.5.4", "xn--name", "name-s3alias"])
    @moto_differs(GUIDE + "bucketnamingrules.html")
    def test_names(self, s3, name):
        client = connect(s3={"addressing_style": "path"})
        refused("InvalidBucketName", 400, client.create_bucket, Bucket=name)

    def test_created_again(self, s3, bucket):
        s3.create_bucket(Bucket=bucket)  # in us-east-1 alone

    def test_created_again_elsewhere(self):
        west = connect("us-west-2")
        name = "b-" + uuid.uuid4().hex[:20]
        where = {"LocationConstraint": "us-west-2"}
        west.create_bucket(Bucket=name, CreateBucketConfiguration=where)
        try:
            assert west.get_bucket_location(Bucket=name)["LocationConstraint"] == "us-west-2"
            refused("BucketAlreadyOwnedByYou", 409, west.create_bucket, Bucket=name, CreateBucketConfiguration=where)
        finally:
            west.delete_bucket(Bucket=name)

    @moto_differs(API + "API_CreateBucket.html: InvalidLocationConstraint")
    def test_constraints(self, s3):
        west = connect("us-west-2")
        refused("IllegalLocationConstraintException", 400, west.create_bucket, Bucket="b-" + uuid.uuid4().hex[:20])
        refused("InvalidLocationConstraint", 400, s3.create_bucket, Bucket="b-" + uuid.uuid4().hex[:20],
                CreateBucketConfiguration={"LocationConstraint": "nowhere-1"})

    @moto_differs(API + "API_ListBuckets.html: max-buckets, prefix")
    def test_list_pages(self, s3, make):
        names = sorted(make() for _ in range(3))
        found, token = [], {}
        while True:
            page = s3.list_buckets(MaxBuckets=1, Prefix="b-", **token)
            assert len(page["Buckets"]) <= 1
            found += [b["Name"] for b in page["Buckets"]]
            if "ContinuationToken" not in page:
                break
            token = {"ContinuationToken": page["ContinuationToken"]}
        assert [n for n in found if n in names] == names

    @moto_differs(GUIDE + "bucket-owner-condition.html")
    def test_expected_owner(self, s3, bucket):
        refused("AccessDenied", 403, s3.get_bucket_versioning, Bucket=bucket, ExpectedBucketOwner="999999999999")


class TestObjects:
    @pytest.mark.parametrize("key", ["plain", "a/b/c", "ends/", "//", "spa ce", "ünï😀", "a+b&c=d?e#f", "100%", "%41", "..", "a/../b", "q'\"<>"])
    def test_keys(self, s3, bucket, key):
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
        assert get(s3, bucket, key) == key.encode()
        assert [o["Key"] for o in s3.list_objects_v2(Bucket=bucket)["Contents"]] == [key]
        s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": key})
        assert get(s3, bucket, "copy") == key.encode()
        s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key}]})
        refused("NoSuchKey", 404, s3.get_object, Bucket=bucket, Key=key)

    @moto_differs(GUIDE + "object-keys.html: 1,024 bytes")
    def test_key_too_long(self, s3, bucket):
        s3.put_object(Bucket=bucket, Key="k" * 1024)
        refused("KeyTooLongError", 400, s3.put_object, Bucket=bucket, Key="k" * 1025)

    @pytest.mark.parametrize("size", [0, 1, 65536, 65537, 3_000_001])
    def test_bodies(self, s3, bucket, size):
        body = os.urandom(size)
        put = s3.put_object(Bucket=bucket, Key="k", Body=body)
        assert put["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
        answer = s3.get_object(Bucket=bucket, Key="k")
        assert answer["ContentLength"] == size and answer["ETag"] == put["ETag"] and answer["Body"].read() == body

    @moto_differs("recorded at AWS: x-amz-server-side-encryption with every object")
    def test_fields(self, s3, bucket):
        fields = dict(CacheControl="max-age=5", ContentDisposition="attachment", ContentEncoding="gzip", ContentLanguage="de",
                      ContentType="text/x", Metadata={"name": "value", "other": "x y"}, WebsiteRedirectLocation="/there")
        s3.put_object(Bucket=bucket, Key="k", Expires=datetime(2030, 1, 2, tzinfo=timezone.utc), **fields)
        for answer in s3.head_object(Bucket=bucket, Key="k"), s3.get_object(Bucket=bucket, Key="k"):
            assert {name: answer[name] for name in fields} == fields
            assert answer["ExpiresString"] == "Wed, 02 Jan 2030 00:00:00 GMT"
            assert answer["AcceptRanges"] == "bytes" and answer["ServerSideEncryption"] == "AES256"

    def test_default_type(self, s3, bucket):
        s3.put_object(Bucket=bucket, Key="k")
        assert s3.head_object(Bucket=bucket, Key="k")["ContentType"] == "binary/octet-stream"

    @moto_differs(API + "API_GetObject.html: response-content-encoding and others")
    def test_overrides(self, s3, bucket):
        s3.put_object(Bucket=bucket, Key="k", ContentType="text/x")
        answer = s3.get_object(Bucket=bucket, Key="k", ResponseContentType="text/y", ResponseCacheControl="no-cache",
                               ResponseContentDisposition="inline", ResponseContentEncoding="br", ResponseContentLanguage="fr")
        assert [answer[n] for n in ("ContentType", "CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage")] == [
            "text/y", "no-cache", "inline", "br", "fr"]

    @moto_differs(GUIDE + "UsingMetadata.html: 2 KB")
    def test_metadata_too_large(self, s3, bucket):
        refused("MetadataTooLarge", 400, s3.put_object, Bucket=bucket, Key="k", Metadata={"n": "v" * 2048})

    @pytest.mark.parametrize("text,body,content", [
        ("bytes=0-0", b"0", "bytes 0-0/10"), ("bytes=3-5", b"345", "bytes 3-5/10"), ("bytes=7-", b"789", "bytes 7-9/10"),
        ("bytes=-4", b"6789", "bytes 6-9/10"), ("bytes=5-100", b"56789", "bytes 5-9/10"), ("bytes=-100", b"0123456789", "bytes 0-9/10")])
    def test_ranges(self, s3, bucket, text, body, content):
        s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
        answer = s3.get_object(Bucket=bucket, Key="k", Range=text)
        assert (answer["ResponseMetadata"]["HTTPStatusCode"], answer["ContentRange"], answer["Body"].read()) == (206, content, body)

    @pytest.mark.parametrize("text", ["bytes=10-", "bytes=100-200", "bytes=-0"])
    def test_ranges_outside(self, s3, bucket, text):
        s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
        error = refused("InvalidRange", 416, s3.get_object, Bucket=bucket, Key="k", Range=text)["Error"]
        assert error["ActualObjectSize"] == "10" and error["RangeRequested"] == text

    @pytest.mark.parametrize("text", ["bytes=0-1,4-5", "bytes=5-2", "bytes=", "lines=1-2", "bytes=a-b"])
    @moto_differs(API + "API_GetObject.html: S3 overlooks what is no single range")
    def test_ranges_overlooked(self, s3, bucket, text):
        s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
        answer = s3.get_object(Bucket=bucket, Key="k", Range=text)
        assert (answer["ResponseMetadata"]["HTTPStatusCode"], answer["Body"].read()) == (200, b"0123456789")

    @moto_differs(API + "API_GetObject.html: If-Match and If-Unmodified-Since")
    def test_conditions(self, s3, bucket):
        etag = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]
        at = s3.head_object(Bucket=bucket, Key="k")["LastModified"]
        before, after = at - timedelta(hours=1), at + timedelta(seconds=1)
        ask = dict(Bucket=bucket, Key="k")
        for good in ({"IfMatch": etag}, {"IfMatch": etag.strip('"')}, {"IfMatch": "*"}, {"IfNoneMatch": '"x"'}, {"IfModifiedSince": before}, {"IfUnmodifiedSince": at},
                     {"IfMatch": etag, "IfUnmodifiedSince": before}, {"IfNoneMatch": '"x"', "IfModifiedSince": at}):
            assert s3.get_object(**ask, **good)["Body"].read() == b"x", good
        for bad, status in (({"IfMatch": '"x"'}, 412), ({"IfUnmodifiedSince": before}, 412), ({"IfNoneMatch": etag}, 304), ({"IfModifiedSince": at}, 304),
                            ({"IfNoneMatch": etag, "IfModifiedSince": before}, 304)):
            refused("PreconditionFailed" if status == 412 else "304", status, s3.get_object, **ask, **bad)
            refused(str(status), status, s3.head_object, **ask, **bad)
        assert after > at

    def test_conditional_writes(self, s3, bucket):
        etag = s3.put_object(Bucket=bucket, Key="k", Body=b"1", IfNoneMatch="*")["ETag"]
        refused("PreconditionFailed", 412, s3.put_object, Bucket=bucket, Key="k", Body=b"2", IfNoneMatch="*")
        refused("PreconditionFailed", 412, s3.put_object, Bucket=bucket, Key="k", Body=b"2", IfMatch='"x"')
        s3.put_object(Bucket=bucket, Key="k", Body=b"2", IfMatch=etag)
        refused("NoSuchKey", 404, s3.put_object, Bucket=bucket, Key="other", IfMatch=etag)
        assert get(s3, bucket, "k") == b"2"

    def test_storage_classes(self, s3, bucket):
        s3.put_object(Bucket=bucket, Key="k", StorageClass="STANDARD_IA")
        assert s3.head_object(Bucket=bucket, Key="k")["StorageClass"] == "STANDARD_IA"
        assert s3.list_objects_v2(Bucket=bucket)["Contents"][0]["StorageClass"] == "STANDARD_IA"
        refused("InvalidStorageClass", 400, s3.put_object, Bucket=bucket, Key="k", StorageClass="NONE")

    def test_archive(self, s3, bucket):
        s3.put_object(Bucket=bucket, Key="k", Body=b"x", StorageClass="GLACIER")
        refused("InvalidObjectState", 403, s3.get_object, Bucket=bucket, Key="k")
        s3.restore_object(Bucket=bucket, Key="k", RestoreRequest={"Days": 1, "GlacierJobParameters": {"Tier": "Expedited"}})
        assert get(s3, bucket, "k") == b"x"

    @moto_differs("recorded at AWS: keys that are not there are deleted, too; " + API + "API_DeleteObjects.html")
    def test_delete_many(self, s3, bucket):
        for i in range(3):
            s3.put_object(Bucket=bucket, Key=f"k{i}")
        answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "k0"}, {"Key": "none"}]})
        assert sorted(d["Key"] for d in answer["Deleted"]) == ["k0", "none"]
        assert "Deleted" not in s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "k1"}], "Quiet": True})
        assert [o["Key"] for o in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["k2"]
        refused("MalformedXML", 400, s3.delete_objects, Bucket=bucket, Delete={"Objects": [{"Key": f"k{i}"} for i in range(1001)]})

    def test_attributes(self, s3, bucket):
        etag = s3.put_object(Bucket=bucket, Key="k", Body=b"abc")["ETag"]
        answer = s3.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=["ETag", "ObjectSize", "StorageClass", "Checksum"])
        assert (answer["ETag"], answer["ObjectSize"], answer["StorageClass"]) == (etag.strip('"'), 3, "STANDARD")
        assert answer["Checksum"]["ChecksumCRC32"] == base64.b64encode(zlib.crc32(b"abc").to_bytes(4, "big")).decode()

    def test_readers_keep_their_object(self, s3, bucket):
        body = os.urandom(4_000_000)
        s3.put_object(Bucket=bucket, Key="k", Body=body)
        stream = s3.get_object(Bucket=bucket, Key="k")["Body"]
        first = stream.read(1000)
        s3.put_object(Bucket=bucket, Key="k", Body=b"other")
        s3.delete_object(Bucket=bucket, Key="k")
        assert first + stream.read() == body

    def test_select_is_refused(self, s3, bucket):
        s3.put_object(Bucket=bucket, Key="k", Body=b"a,b")
        if os.environ.get("STATELARK_AGAINST") == "moto":
            pytest.skip("moto has it")
        error = refused("NotImplemented", 501, s3.select_object_content, Bucket=bucket, Key="k", ExpressionType="SQL", Expression="select *",
                        InputSerialization={"CSV": {}}, OutputSerialization={"CSV": {}})["Error"]
        assert "SelectObjectContent" in error["Message"]


class TestCopies:
    def test_metadata_directive(self, s3, bucket):
        s3.put_object(Bucket=bucket, Key="k", Body=b"x", Metadata={"a": "1"}, ContentType="text/x", StorageClass="STANDARD_IA")
        s3.copy_object(Bucket=bucket, Key="copied", CopySource=f"{bucket}/k", Metadata={"b": "2"})
        s3.copy_object(Bucket=bucket, Key="replaced", CopySource=f"{bucket}/k", Metadata={"b": "2"}, MetadataDirective="REPLACE")
        copied, replaced = s3.head_object(Bucket=bucket, Key="copied"), s3.head_object(Bucket=bucket, Key="replaced")
        assert (copied["Metadata"], copied["ContentType"]) == ({"a": "1"}, "text/x") and "StorageClass" not in copied
        assert (replaced["Metadata"], replaced["ContentType"]) == ({"b": "2"}, "binary/octet-stream")

    @pytest.mark.parametrize("directive,tags", [("COPY", [{"Key": "a", "Value": "1"}]), ("REPLACE", [{"Key": "b", "Value": "2"}])])
    def test_tagging_directive(self, s3, bucket, directive, tags):
        s3.put_object(Bucket=bucket, Key="k", Tagging="a=1")
        s3.copy_object(Bucket=bucket, Key="c", CopySource=f"{bucket}/k", TaggingDirective=directive, Tagging="b=2")
        assert s3.get_object_tagging(Bucket=bucket, Key="c")["TagSet"] == tags

    def test_onto_itself(self, s3, bucket):
        s3.put_object(Bucket=bucket, Key="k", Body=b"x")
        refused("InvalidRequest", 400, s3.copy_object, Bucket=bucket, Key="k", CopySource=f"{bucket}/k")
        s3.copy_object(Bucket=bucket, Key="k", CopySource=f"{bucket}/k", MetadataDirective="REPLACE", Metadata={"n": "v"})
        assert s3.head_object(Bucket=bucket, Key="k")["Metadata"] == {"n": "v"} and get(s3, bucket, "k") == b"x"

    @moto_differs(API + "API_CopyObject.html: x-amz-copy-source-if-match")
    def test_conditions(self, s3, bucket):
        etag = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]
        ask = dict(Bucket=bucket, Key="c", CopySource=f"{bucket}/k")
        refused("PreconditionFailed", 412, s3.copy_object, **ask, CopySourceIfMatch='"x"')
        refused("PreconditionFailed", 412, s3.copy_object, **ask, CopySourceIfNoneMatch=etag)
        s3.copy_object(**ask, CopySourceIfMatch=etag, CopySourceIfNoneMatch='"x"')

    @moto_differs(API + "API_CopyObject.html: x-amz-copy-source")
    def test_sources(self, s3, bucket, versioned):
        one = s3.put_object(Bucket=versioned, Key="k", Body=b"1")["VersionId"]
        s3.put_object(Bucket=versioned, Key="k", Body=b"2")
        answer = s3.copy_object(Bucket=bucket, Key="c", CopySource={"Bucket": versioned, "Key": "k", "VersionId": one})
        assert answer["CopySourceVersionId"] == one and get(s3, bucket, "c") == b"1"
        refused("NoSuchKey", 404, s3.copy_object, Bucket=bucket, Key="c", CopySource=f"{bucket}/none")
        refused("NoSuchBucket", 404, s3.copy_object, Bucket=bucket, Key="c", CopySource="no-such-bucket-here/none")
        refused("InvalidArgument", 400, s3.copy_object, Bucket=bucket, Key="c", CopySource="nokey")


class TestLists:
    KEYS = ["a", "a/b", "a/c", "b", "d/e/f", "ä", "z z", "\U0001F600"]

    @pytest.fixture
    def filled(self, s3, bucket):
        for key in self.KEYS:
            s3.put_object(Bucket=bucket, Key=key)
        return bucket

    def keys(self, page):
        return [o["Key"] for o in page.get("Contents", [])], [p["Prefix"] for p in page.get("CommonPrefixes", [])]

    def test_order(self, s3, filled):
        want = sorted(self.KEYS, key=lambda k: k.encode())
        assert self.keys(s3.list_objects_v2(Bucket=filled)) == (want, [])
        assert self.keys(s3.list_objects(Bucket=filled)) == (want, [])

    def test_delimiter(self, s3, filled):
        page = s3.list_objects_v2(Bucket=filled, Delimiter="/")
        assert self.keys(page) == (["a", "b", "z z", "ä", "\U0001F600"], ["a/", "d/"]) and page["KeyCount"] == 7
        assert self.keys(s3.list_objects_v2(Bucket=filled, Delimiter="/", Prefix="d/")) == ([], ["d/e/"])

    @pytest.mark.parametrize("size", [1, 2, 3])
    @moto_differs(API + "API_ListObjectsV2.html: a common prefix counts as one")
    def test_pages(self, s3, filled, size):
        want = s3.list_objects_v2(Bucket=filled, Delimiter="/")
        for operation in "list_objects_v2", "list_objects":
            found = ([], [])
            for page in s3.get_paginator(operation).paginate(Bucket=filled, Delimiter="/", PaginationConfig={"PageSize": size}):
                keys, prefixes = self.keys(page)
                assert len(keys) + len(prefixes) <= size
                found[0].extend(keys)
                found[1].extend(prefixes)
            assert found == self.keys(want), operation

    def test_start_after(self, s3, filled):
        page = s3.list_objects_v2(Bucket=filled, StartAfter="a/b", MaxKeys=2)
        assert self.keys(page)[0] == ["a/c", "b"] and page["StartAfter"] == "a/b" and page["IsTruncated"]
        assert self.keys(s3.list_objects(Bucket=filled, Marker="a/b", MaxKeys=1))[0] == ["a/c"]

    def test_no_keys_wanted(self, s3, filled):
        page = s3.list_objects_v2(Bucket=filled, MaxKeys=0)
        assert page["KeyCount"] == 0 and not page["IsTruncated"] and "Contents" not in page

    @moto_differs("recorded at AWS: the owner is one and the same in all answers")
    def test_owner(self, s3, filled):
        assert "Owner" not in s3.list_objects_v2(Bucket=filled)["Contents"][0]
        assert s3.list_objects_v2(Bucket=filled, FetchOwner=True)["Contents"][0]["Owner"]["ID"] == s3.list_buckets()["Owner"]["ID"]

    @moto_differs("recorded at AWS: InvalidArgument")
    def test_bad_arguments(self, s3, filled):
        refused("InvalidArgument", 400, s3.list_objects_v2, Bucket=filled, ContinuationToken="no token")
        refused("InvalidArgument", 400, s3.list_objects_v2, Bucket=filled, EncodingType="base64")
        refused("InvalidArgument", 400, s3.list_objects_v2, Bucket=filled, MaxKeys=-1)


class TestVersions:
    @moto_differs(API + "API_GetObject.html: x-amz-delete-marker")
    def test_life(self, s3, versioned):
        one = s3.put_object(Bucket=versioned, Key="k", Body=b"1")["VersionId"]
        two = s3.put_object(Bucket=versioned, Key="k", Body=b"2")["VersionId"]
        assert get(s3, versioned, "k") == b"2" and get(s3, versioned, "k", VersionId=one) == b"1"
        gone = s3.delete_object(Bucket=versioned, Key="k")
        assert gone["DeleteMarker"]
        answer = refused("NoSuchKey", 404, s3.get_object, Bucket=versioned, Key="k")
        assert answer["ResponseMetadata"]["HTTPHeaders"]["x-amz-delete-marker"] == "true"
        refused("MethodNotAllowed", 405, s3.get_object, Bucket=versioned, Key="k", VersionId=gone["VersionId"])
        page = s3.list_object_versions(Bucket=versioned)
        assert [(v["VersionId"], v["IsLatest"]) for v in page["Versions"]] == [(two, False), (one, False)]
        assert [(m["VersionId"], m["IsLatest"]) for m in page["DeleteMarkers"]] == [(gone["VersionId"], True)]
        assert s3.delete_object(Bucket=versioned, Key="k", VersionId=gone["VersionId"])["DeleteMarker"]
        assert get(s3, versioned, "k") == b"2"
        s3.delete_object(Bucket=versioned, Key="k", VersionId=two)
        assert get(s3, versioned, "k") == b"1"
        refused("NoSuchVersion", 404, s3.get_object, Bucket=versioned, Key="k", VersionId=two)

    @moto_differs("AWS tells an id that it never gave out from one that is gone; " + API + "ErrorResponses.html")
    def test_no_version_id(self, s3, versioned):
        s3.put_object(Bucket=versioned, Key="k")
        refused("InvalidArgument", 400, s3.get_object, Bucket=versioned, Key="k", VersionId="nonsense")

    @moto_differs(GUIDE + "AddingObjectstoVersionSuspendedBuckets.html")
    def test_null_version(self, s3, bucket):
        s3.put_object(Bucket=bucket, Key="k", Body=b"null")
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        one = s3.put_object(Bucket=bucket, Key="k", Body=b"1")["VersionId"]
        assert get(s3, bucket, "k", VersionId="null") == b"null"
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
        s3.put_object(Bucket=bucket, Key="k", Body=b"again")
        assert get(s3, bucket, "k", VersionId="null") == b"again" and get(s3, bucket, "k", VersionId=one) == b"1"
        assert [v["VersionId"] for v in s3.list_object_versions(Bucket=bucket)["Versions"]] == ["null", one]
        assert s3.delete_object(Bucket=bucket, Key="k")["VersionId"] == "null"
        assert [v["VersionId"] for v in s3.list_object_versions(Bucket=bucket)["Versions"]] == [one]

    def test_pages(self, s3, versioned):
        want = []
        for key in "a", "b", "c/1", "c/2":
            ids = [s3.put_object(Bucket=versioned, Key=key)["VersionId"] for _ in range(2)]
            want += [(key, i) for i in reversed(ids)]
        found = []
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=versioned, PaginationConfig={"PageSize": 3}):
            found += [(v["Key"], v["VersionId"]) for v in page.get("Versions", [])]
        assert found == want
        page = s3.list_object_versions(Bucket=versioned, Delimiter="/")
        assert len(page["Versions"]) == 4 and page["CommonPrefixes"] == [{"Prefix": "c/"}]

    @moto_differs(API + "API_PutBucketVersioning.html: IllegalVersioningConfigurationException")
    def test_status(self, s3, bucket):
        assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
        refused("IllegalVersioningConfigurationException", 400, s3.put_bucket_versioning, Bucket=bucket, VersioningConfiguration={})

    def test_delete_many(self, s3, versioned):
        one = s3.put_object(Bucket=versioned, Key="k")["VersionId"]
        gone = s3.delete_objects(Bucket=versioned, Delete={"Objects": [{"Key": "k"}]})["Deleted"][0]
        assert gone["DeleteMarker"] and gone["DeleteMarkerVersionId"] != one
        gone = s3.delete_objects(Bucket=versioned, Delete={"Objects": [{"Key": "k", "VersionId": one}]})["Deleted"][0]
        assert gone == {"Key": "k", "VersionId": one}


class TestMultipart:
    PART = 5 << 20

    def upload(self, s3, bucket, bodies, key="k", **more):
        upload = s3.create_multipart_upload(Bucket=bucket, Key=key, **more)["UploadId"]
        parts = []
        for number, body in enumerate(bodies, 1):
            etag = s3.upload_part(Bucket=bucket, Key=key, UploadId=upload, PartNumber=number, Body=body)["ETag"]
            parts.append({"PartNumber": number, "ETag": etag})
        return dict(Bucket=bucket, Key=key, UploadId=upload), {"Parts": parts}

    def test_life(self, s3, bucket):
        bodies = [b"a" * self.PART, b"b" * 100]
        at, parts = self.upload(s3, bucket, bodies, Metadata={"n": "v"}, ContentType="text/x")
        assert [u["UploadId"] for u in s3.list_multipart_uploads(Bucket=bucket)["Uploads"]] == [at["UploadId"]]
        assert [(p["PartNumber"], p["Size"]) for p in s3.list_parts(**at)["Parts"]] == [(1, self.PART), (2, 100)]
        assert "Contents" not in s3.list_objects_v2(Bucket=bucket)
        done = s3.complete_multipart_upload(**at, MultipartUpload=parts)
        sums = b"".join(hashlib.md5(b).digest() for b in bodies)
        assert done["ETag"] == f'"{hashlib.md5(sums).hexdigest()}-2"'
        answer = s3.get_object(Bucket=bucket, Key="k")
        assert answer["Body"].read() == b"".join(bodies) and answer["Metadata"] == {"n": "v"} and answer["ContentType"] == "text/x"
        assert get(s3, bucket, "k", Range=f"bytes={self.PART - 1}-{self.PART}") == b"ab"
        refused("NoSuchUpload", 404, s3.list_parts, **at)

    @moto_differs(API + "API_GetObject.html: partNumber")
    def test_part_of_object(self, s3, bucket):
        at, parts = self.upload(s3, bucket, [b"a" * self.PART, b"b" * 100])
        s3.complete_multipart_upload(**at, MultipartUpload=parts)
        answer = s3.get_object(Bucket=bucket, Key="k", PartNumber=2)
        assert answer["PartsCount"] == 2 and answer["Body"].read() == b"b" * 100
        assert s3.head_object(Bucket=bucket, Key="k", PartNumber=1)["ContentLength"] == self.PART
        refused("InvalidPartNumber", 416, s3.get_object, Bucket=bucket, Key="k", PartNumber=3)

    @moto_differs("recorded at AWS: InvalidPartOrder, part numbers")
    def test_refusals(self, s3, bucket):
        at, parts = self.upload(s3, bucket, [b"small", b"too"])
        refused("EntityTooSmall", 400, s3.complete_multipart_upload, **at, MultipartUpload=parts)
        refused("InvalidPartOrder", 400, s3.complete_multipart_upload, **at, MultipartUpload={"Parts": parts["Parts"][::-1]})
        refused("InvalidPart", 400, s3.complete_multipart_upload, **at, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": '"x"'}]})
        refused("InvalidPart", 400, s3.complete_multipart_upload, **at, MultipartUpload={"Parts": [{"PartNumber": 7, "ETag": parts["Parts"][0]["ETag"]}]})
        refused("NoSuchUpload", 404, s3.upload_part, Bucket=bucket, Key="k", UploadId="none", PartNumber=1, Body=b"x")
        refused("InvalidArgument", 400, s3.upload_part, **at, PartNumber=10001, Body=b"x")
        s3.abort_multipart_upload(**at)
        refused("NoSuchUpload", 404, s3.abort_multipart_upload, **at)
        refused("NoSuchUpload", 404, s3.complete_multipart_upload, **at, MultipartUpload=parts)

    def test_replaced_part(self, s3, bucket):
        at, parts = self.upload(s3, bucket, [b"old"])
        etag = s3.upload_part(**at, PartNumber=1, Body=b"new")["ETag"]
        refused("InvalidPart", 400, s3.complete_multipart_upload, **at, MultipartUpload=parts)
        s3.complete_multipart_upload(**at, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]})
        assert get(s3, bucket, "k") == b"new"

    @moto_differs(API + "API_UploadPartCopy.html: the range is within the source")
    def test_copied_parts(self, s3, bucket):
        s3.put_object(Bucket=bucket, Key="source", Body=b"0123456789")
        upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
        at = dict(Bucket=bucket, Key="k", UploadId=upload)
        part = s3.upload_part_copy(**at, PartNumber=1, CopySource=f"{bucket}/source", CopySourceRange="bytes=2-5")["CopyPartResult"]
        refused("InvalidArgument", 400, s3.upload_part_copy, **at, PartNumber=2, CopySource=f"{bucket}/source", CopySourceRange="bytes=2-10")
        s3.complete_multipart_upload(**at, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
        assert get(s3, bucket, "k") == b"2345"

    def test_conditions(self, s3, bucket):
        s3.put_object(Bucket=bucket, Key="k", Body=b"there")
        at, parts = self.upload(s3, bucket, [b"x"])
        refused("PreconditionFailed", 412, s3.complete_multipart_upload, **at, MultipartUpload=parts, IfNoneMatch="*")
        s3.delete_object(Bucket=bucket, Key="k")
        s3.complete_multipart_upload(**at, MultipartUpload=parts, IfNoneMatch="*")

    def test_list_pages(self, s3, bucket):
        want = []
        for key in "a", "a", "b", "c/1":
            want.append((key, s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]))
        found = []
        for page in s3.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, PaginationConfig={"PageSize": 1}):
            found += [(u["Key"], u["UploadId"]) for u in page.get("Uploads", [])]
        assert sorted(found) == sorted(want) and [k for k, _ in found] == ["a", "a", "b", "c/1"]
        for key, upload in want:
            s3.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload)

    def test_transfer(self, s3, bucket):
        body = os.urandom(20_000_000)
        s3.upload_fileobj(io.BytesIO(body), bucket, "k")
        out = io.BytesIO()
        s3.download_fileobj(bucket, "k", out)
        assert out.getvalue() == body

    @pytest.mark.parametrize("algorithm,kind", [("CRC32", "COMPOSITE"), ("SHA256", "COMPOSITE"), ("CRC32", "FULL_OBJECT"), ("CRC64NVME", "FULL_OBJECT")])
    @moto_differs(GUIDE + "checking-object-integrity.html")
    def test_checksums(self, s3, bucket, algorithm, kind):
        if algorithm == "CRC64NVME":
            pytest.importorskip("awscrt")
        bodies = [b"a" * self.PART, b"b" * 100]
        upload = s3.create_multipart_upload(Bucket=bucket, Key="k", ChecksumAlgorithm=algorithm, ChecksumType=kind)["UploadId"]
        at, parts, name = dict(Bucket=bucket, Key="k", UploadId=upload), [], "Checksum" + algorithm
        for number, body in enumerate(bodies, 1):
            part = s3.upload_part(**at, PartNumber=number, Body=body, ChecksumAlgorithm=algorithm)
            parts.append({"PartNumber": number, "ETag": part["ETag"], name: part[name]})
        done = s3.complete_multipart_upload(**at, MultipartUpload={"Parts": parts})
        assert done["ChecksumType"] == kind and done[name].endswith("-2") == (kind == "COMPOSITE")
        if (algorithm, kind) == ("CRC32", "FULL_OBJECT"):
            assert base64.b64decode(done[name]) == zlib.crc32(b"".join(bodies)).to_bytes(4, "big")
        assert s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")[name] == done[name]


class TestChecksums:
    @pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
    def test_of_objects(self, s3, bucket, algorithm):
        name = "Checksum" + algorithm
        put = s3.put_object(Bucket=bucket, Key="k", Body=b"abc", ChecksumAlgorithm=algorithm)
        if algorithm != "CRC32":
            assert base64.b64decode(put[name]) == hashlib.new(algorithm.lower(), b"abc").digest()
        assert s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")[name] == put[name]
        plain = connect(response_checksum_validation="when_required")
        assert name not in plain.head_object(Bucket=bucket, Key="k")

    @moto_differs(GUIDE + "checking-object-integrity-upload.html: CRC64NVME when there is none")
    def test_default(self, bucket):
        plain = connect(request_checksum_calculation="when_required")
        put = plain.put_object(Bucket=bucket, Key="k", Body=b"hello world")
        assert put["ChecksumCRC64NVME"] == "jSnVw/bqjr4=" and put["ChecksumType"] == "FULL_OBJECT"

    @moto_differs(API + "API_PutObject.html: BadDigest")
    def test_wrong(self, s3, bucket):
        refused("BadDigest", 400, s3.put_object, Bucket=bucket, Key="k", Body=b"abc", ChecksumSHA256=base64.b64encode(b"x" * 32).decode())
        refused("BadDigest", 400, s3.put_object, Bucket=bucket, Key="k", Body=b"abc", ContentMD5=base64.b64encode(b"x" * 16).decode())
        refused("InvalidDigest", 400, s3.put_object, Bucket=bucket, Key="k", Body=b"abc", ContentMD5="nonsense")
        refused("NoSuchKey", 404, s3.get_object, Bucket=bucket, Key="k")


class TestTags:
    TAGS = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}]

    def test_objects(self, s3, bucket):
        s3.put_object(Bucket=bucket, Key="k", Tagging="x=y&z=")
        assert s3.head_object(Bucket=bucket, Key="k")["TagCount"] == 2
        s3.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": self.TAGS})
        assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == self.TAGS
        s3.delete_object_tagging(Bucket=bucket, Key="k")
        assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == []
        refused("NoSuchKey", 404, s3.get_object_tagging, Bucket=bucket, Key="none")

    @pytest.mark.parametrize("tags,code", [
        ([{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}], "InvalidTag"), ([{"Key": "k" * 129, "Value": ""}], "InvalidTag"),
        ([{"Key": "aws:x", "Value": ""}], "InvalidTag"), ([{"Key": "k", "Value": "v" * 257}], "InvalidTag"),
        ([{"Key": f"k{i}", "Value": ""} for i in range(11)], "BadRequest")])
    @moto_differs(GUIDE + "object-tagging.html")
    def test_refused(self, s3, bucket, tags, code):
        s3.put_object(Bucket=bucket, Key="k")
        refused(code, 400, s3.put_object_tagging, Bucket=bucket, Key="k", Tagging={"TagSet": tags})

    @moto_differs("recorded at AWS: tags are given back as they were put")
    def test_buckets(self, s3, bucket):
        refused("NoSuchTagSet", 404, s3.get_bucket_tagging, Bucket=bucket)
        s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": self.TAGS})
        assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == self.TAGS
        s3.delete_bucket_tagging(Bucket=bucket)
        refused("NoSuchTagSet", 404, s3.get_bucket_tagging, Bucket=bucket)


class TestConfigurations:
    def test_cors(self, s3, bucket):
        refused("NoSuchCORSConfiguration", 404, s3.get_bucket_cors, Bucket=bucket)
        rules = [{"AllowedMethods": ["GET", "PUT"], "AllowedOrigins": ["https://*.example.com"], "AllowedHeaders": ["*"], "MaxAgeSeconds": 5}]
        s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": rules})
        assert s3.get_bucket_cors(Bucket=bucket)["CORSRules"] == rules
        refused("InvalidRequest", 400, s3.put_bucket_cors, Bucket=bucket,
                CORSConfiguration={"CORSRules": [{"AllowedMethods": ["PATCH"], "AllowedOrigins": ["*"]}]})
        s3.delete_bucket_cors(Bucket=bucket)
        refused("NoSuchCORSConfiguration", 404, s3.get_bucket_cors, Bucket=bucket)

    @moto_differs("moto answers the preflight of no rule; " + GUIDE + "cors.html")
    def test_cors_preflight(self, s3, bucket):
        rules = [{"AllowedMethods": ["GET", "PUT"], "AllowedOrigins": ["https://*.example.com"], "AllowedHeaders": ["x-*"], "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 5}]
        s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": rules})
        s3.put_object(Bucket=bucket, Key="k", Body=b"x")

        def ask(method, origin, **headers):
            request = urllib.request.Request(f"{ENDPOINT}/{bucket}/k", method=method, headers={"Origin": origin, **headers})
            try:
                with urllib.request.urlopen(request) as answer:
                    return answer.status, answer.headers
            except urllib.error.HTTPError as error:
                return error.code, error.headers

        status, headers = ask("OPTIONS", "https://a.example.com", **{"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "x-one"})
        assert status == 200 and headers["Access-Control-Allow-Origin"] == "https://a.example.com" and headers["Access-Control-Max-Age"] == "5"
        assert ask("OPTIONS", "https://other.com", **{"Access-Control-Request-Method": "PUT"})[0] == 403
        assert ask("OPTIONS", "https://a.example.com", **{"Access-Control-Request-Method": "DELETE"})[0] == 403
        status, headers = ask("GET", "https://a.example.com")
        assert status == 200 and headers["Access-Control-Expose-Headers"] == "ETag"

    def test_lifecycle(self, s3, bucket):
        refused("NoSuchLifecycleConfiguration", 404, s3.get_bucket_lifecycle_configuration, Bucket=bucket)
        rules = [{"ID": "r", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 3}}]
        s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules})
        assert s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"] == rules
        s3.delete_bucket_lifecycle(Bucket=bucket)
        refused("NoSuchLifecycleConfiguration", 404, s3.get_bucket_lifecycle_configuration, Bucket=bucket)

    @moto_differs("recorded at AWS: x-amz-expiration")
    def test_expiration(self, s3, bucket):
        rules = [{"ID": "r", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 3}}]
        s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules})
        assert 'rule-id="r"' in s3.put_object(Bucket=bucket, Key="logs/k")["Expiration"]
        assert "Expiration" not in s3.put_object(Bucket=bucket, Key="k")

    @moto_differs("since January 2023 every bucket is encrypted; " + GUIDE + "default-encryption-faq.html")
    def test_encryption(self, s3, bucket):
        rules = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
        assert rules[0]["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, "BucketKeyEnabled": True}
        s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
        assert s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"] == [rule]
        assert s3.put_object(Bucket=bucket, Key="k")["ServerSideEncryption"] == "aws:kms"

    @moto_differs("since April 2023 the access to new buckets is blocked and ACLs are off; " + GUIDE + "create-bucket-faq.html")
    def test_new_buckets(self, s3, bucket):
        assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())
        rules = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"]
        assert rules == [{"ObjectOwnership": "BucketOwnerEnforced"}]
        refused("AccessControlListNotSupported", 400, s3.put_bucket_acl, Bucket=bucket, ACL="public-read")

    def test_acl(self, s3, make):
        name = make(ObjectOwnership="ObjectWriter")
        s3.delete_public_access_block(Bucket=name)
        refused("NoSuchPublicAccessBlockConfiguration", 404, s3.get_public_access_block, Bucket=name)
        s3.put_bucket_acl(Bucket=name, ACL="public-read")
        grants = s3.get_bucket_acl(Bucket=name)["Grants"]
        assert [g["Permission"] for g in grants] == ["FULL_CONTROL", "READ"]
        s3.put_object(Bucket=name, Key="k", ACL="authenticated-read")
        grants = s3.get_object_acl(Bucket=name, Key="k")["Grants"]
        assert grants[1]["Grantee"]["URI"].endswith("AuthenticatedUsers")

    def test_policy(self, s3, bucket):
        refused("NoSuchBucketPolicy", 404, s3.get_bucket_policy, Bucket=bucket)
        policy = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:PutObjectAcl","Resource":"arn:aws:s3:::%s/*"}]}' % bucket
        s3.put_bucket_policy(Bucket=bucket, Policy=policy)
        assert s3.get_bucket_policy(Bucket=bucket)["Policy"] == policy
        s3.delete_bucket_policy(Bucket=bucket)
        refused("NoSuchBucketPolicy", 404, s3.get_bucket_policy, Bucket=bucket)

    @moto_differs("recorded at AWS: MalformedPolicy")
    def test_malformed_policy(self, s3, bucket):
        refused("MalformedPolicy", 400, s3.put_bucket_policy, Bucket=bucket, Policy="no json")
        refused("MalformedPolicy", 400, s3.put_bucket_policy, Bucket=bucket, Policy="{}")

    def test_website(self, s3, bucket):
        refused("NoSuchWebsiteConfiguration", 404, s3.get_bucket_website, Bucket=bucket)
        s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}})
        assert s3.get_bucket_website(Bucket=bucket)["IndexDocument"] == {"Suffix": "index.html"}
        s3.delete_bucket_website(Bucket=bucket)

    @moto_differs("moto has no intelligent tiering and no metrics; " + API + "API_PutBucketMetricsConfiguration.html")
    def test_series(self, s3, bucket):
        s3.put_bucket_metrics_configuration(Bucket=bucket, Id="m", MetricsConfiguration={"Id": "m"})
        assert s3.list_bucket_metrics_configurations(Bucket=bucket)["MetricsConfigurationList"] == [{"Id": "m"}]
        s3.delete_bucket_metrics_configuration(Bucket=bucket, Id="m")
        refused("NoSuchConfiguration", 404, s3.get_bucket_metrics_configuration, Bucket=bucket, Id="m")

    @moto_differs(API + "API_GetBucketRequestPayment.html")
    def test_small_ones(self, s3, bucket):
        assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == "BucketOwner"
        assert "LoggingEnabled" not in s3.get_bucket_logging(Bucket=bucket)
        assert "Status" not in s3.get_bucket_accelerate_configuration(Bucket=bucket)
        s3.put_bucket_accelerate_configuration(Bucket=bucket, AccelerateConfiguration={"Status": "Enabled"})
        assert s3.get_bucket_accelerate_configuration(Bucket=bucket)["Status"] == "Enabled"


class TestLocks:
    @pytest.fixture
    def locked(self, make):
        return make(ObjectLockEnabledForBucket=True)

    @moto_differs(API + "API_PutObjectRetention.html: what shortens a retention needs the bypass")
    def test_retention(self, s3, locked):
        until = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(days=1)
        version = s3.put_object(Bucket=locked, Key="k", ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=until)["VersionId"]
        assert s3.get_object_retention(Bucket=locked, Key="k")["Retention"] == {"Mode": "GOVERNANCE", "RetainUntilDate": until}
        refused("AccessDenied", 403, s3.delete_object, Bucket=locked, Key="k", VersionId=version)
        refused("AccessDenied", 403, s3.put_object_retention, Bucket=locked, Key="k", Retention={"Mode": "GOVERNANCE", "RetainUntilDate": until - timedelta(hours=1)})
        s3.delete_object(Bucket=locked, Key="k")  # a marker does no harm
        s3.delete_object(Bucket=locked, Key="k", VersionId=version, BypassGovernanceRetention=True)

    def test_legal_hold(self, s3, locked):
        version = s3.put_object(Bucket=locked, Key="k", ObjectLockLegalHoldStatus="ON")["VersionId"]
        refused("AccessDenied", 403, s3.delete_object, Bucket=locked, Key="k", VersionId=version, BypassGovernanceRetention=True)
        s3.put_object_legal_hold(Bucket=locked, Key="k", LegalHold={"Status": "OFF"})
        s3.delete_object(Bucket=locked, Key="k", VersionId=version)

    def test_configuration(self, s3, locked, bucket):
        refused("ObjectLockConfigurationNotFoundError", 404, s3.get_object_lock_configuration, Bucket=bucket)
        rule = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}
        s3.put_object_lock_configuration(Bucket=locked, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule})
        s3.put_object(Bucket=locked, Key="k")
        assert s3.head_object(Bucket=locked, Key="k")["ObjectLockMode"] == "GOVERNANCE"
        refused("InvalidRequest", 400, s3.put_object, Bucket=bucket, Key="k", ObjectLockLegalHoldStatus="ON")


class TestKeysOfCustomers:
    @moto_differs(GUIDE + "ServerSideEncryptionCustomerKeys.html")
    def test_life(self, s3, bucket):
        key, other = os.urandom(32), os.urandom(32)
        with_key = dict(SSECustomerAlgorithm="AES256", SSECustomerKey=key)
        s3.put_object(Bucket=bucket, Key="k", Body=b"x", **with_key)
        assert get(s3, bucket, "k", **with_key) == b"x"
        refused("InvalidRequest", 400, s3.get_object, Bucket=bucket, Key="k")
        refused("AccessDenied", 403, s3.get_object, Bucket=bucket, Key="k", SSECustomerAlgorithm="AES256", SSECustomerKey=other)


def fetch(url, method="GET", body=None, headers=None):
    request = urllib.request.Request(url, data=body, method=method, headers=headers or {})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


class TestURLs:
    @moto_differs(API + "API_GetObject.html: response-content-type")
    def test_presigned(self, s3, bucket):
        url = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "a b"})
        assert fetch(url, "PUT", b"x")[0] == 200
        assert fetch(s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a b"})) == (200, b"x")
        url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a b", "ResponseContentType": "text/x"})
        with urllib.request.urlopen(url) as answer:
            assert answer.headers["Content-Type"] == "text/x"

    @pytest.mark.parametrize("version", ["s3v4", "s3"])
    @moto_differs("moto does not look at the time; " + GUIDE + "ShareObjectPreSignedURL.html")
    def test_expired(self, bucket, version):
        client = connect(signature_version=version)
        url = client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"}, ExpiresIn=-1 if version == "s3" else 1)
        if version == "s3v4":
            stamp = (datetime.now(timezone.utc) - timedelta(hours=1)).strftime("%Y%m%dT%H%M%SZ")
            url = "&".join("X-Amz-Date=" + stamp if p.startswith("X-Amz-Date=") else p for p in url.split("&"))
        status, body = fetch(url)
        assert status == 403 and b"<Code>AccessDenied</Code>" in body and b"Request has expired" in body

    @moto_differs("moto answers without the key; " + API + "RESTObjectPOST.html")
    def test_post(self, s3, bucket):
        form = s3.generate_presigned_post(bucket, "up/${filename}", Fields={"x-amz-meta-n": "v", "Content-Type": "text/x", "success_action_status": "201"},
                                          Conditions=[{"x-amz-meta-n": "v"}, {"Content-Type": "text/x"}, {"success_action_status": "201"}])
        edge = "edge" + uuid.uuid4().hex
        body = b"".join(f'--{edge}\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n'.encode() for n, v in form["fields"].items())
        body += f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="mine.txt"\r\nContent-Type: text/plain\r\n\r\n'.encode()
        body += b"the file\r\n" + f"--{edge}--\r\n".encode()
        status, answer = fetch(form["url"], "POST", body, {"Content-Type": "multipart/form-data; boundary=" + edge})
        assert status == 201 and b"<Key>up/mine.txt</Key>" in answer, answer
        got = s3.get_object(Bucket=bucket, Key="up/mine.txt")
        assert (got["Body"].read(), got["Metadata"], got["ContentType"]) == (b"the file", {"n": "v"}, "text/x")

    def test_virtual_hosts(self, bucket, s3):
        s3.put_object(Bucket=bucket, Key="k", Body=b"x")
        host = ENDPOINT.split("//")[1].replace("127.0.0.1", "localhost")
        port = host.split(":")[1] if ":" in host else "80"
        status, body = fetch(f"{ENDPOINT}/k", headers={"Host": f"{bucket}.s3.localhost:{port}",
                                                       "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=x"})
        assert (status, body) == (200, b"x")
