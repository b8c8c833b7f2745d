"""Secrets Manager over boto3: what AWS documents or was recorded to do.

    STATELARK_ENDPOINT=http://127.0.0.1:8083 pytest test_secretsmanager.py

The same suite runs against moto's server with STATELARK_AGAINST=moto. Where moto is known to be wrong the test says why AWS is held
to be otherwise, and is expected to fail there.
"""
import os
import re
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
def sm():
    return connect("secretsmanager")


@pytest.fixture
def make(sm):
    made = []

    def make(**more):
        name = more.pop("Name", "s-" + uuid.uuid4().hex[:12])
        answer = sm.create_secret(Name=name, **more)
        made.append(answer["ARN"])
        return answer

    yield make
    for arn in made:
        sm.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)


def stages(sm, secret):
    versions = sm.list_secret_version_ids(SecretId=secret, IncludeDeprecated=True)["Versions"]
    return {v["VersionId"]: sorted(v.get("VersionStages", [])) for v in versions}


def test_arn_and_partial_arn(sm, make):
    made = make(SecretString="x")
    assert re.fullmatch(r"arn:aws:secretsmanager:us-east-1:\d{12}:secret:%s-[A-Za-z0-9]{6}" % made["Name"], made["ARN"])
    for secret in (made["Name"], made["ARN"], made["ARN"][:-7]):
        assert sm.get_secret_value(SecretId=secret)["SecretString"] == "x"


def test_binary(sm, make):
    made = make(SecretBinary=b"\x00\xff")
    assert sm.get_secret_value(SecretId=made["ARN"])["SecretBinary"] == b"\x00\xff"


def test_same_request_twice(sm, make):
    token = uuid.uuid4().hex
    made = make(SecretString="x", ClientRequestToken=token)
    again = sm.put_secret_value(SecretId=made["ARN"], SecretString="x", ClientRequestToken=token)
    assert again["VersionId"] == made["VersionId"] == token


def test_create_twice(sm, make):
    token = uuid.uuid4().hex
    made = make(SecretString="x", ClientRequestToken=token)
    assert sm.create_secret(Name=made["Name"], SecretString="x", ClientRequestToken=token)["ARN"] == made["ARN"]
    with refused("ResourceExistsException", "already exists"):
        sm.create_secret(Name=made["Name"], SecretString="y")


def test_token_in_use(sm, make):
    made = make(SecretString="x")
    with refused("ResourceExistsException"):
        sm.put_secret_value(SecretId=made["ARN"], SecretString="y", ClientRequestToken=made["VersionId"])


def test_current_and_previous(sm, make):
    made = make(SecretString="1")
    second = sm.put_secret_value(SecretId=made["ARN"], SecretString="2")["VersionId"]
    third = sm.update_secret(SecretId=made["ARN"], SecretString="3")["VersionId"]
    assert stages(sm, made["ARN"]) == {made["VersionId"]: [], second: ["AWSPREVIOUS"], third: ["AWSCURRENT"]}
    assert sm.get_secret_value(SecretId=made["ARN"], VersionStage="AWSPREVIOUS")["SecretString"] == "2"
    assert sm.get_secret_value(SecretId=made["ARN"], VersionId=made["VersionId"])["SecretString"] == "1"


def test_labels_of_ones_own(sm, make):
    made = make(SecretString="1")
    a = sm.put_secret_value(SecretId=made["ARN"], SecretString="2", VersionStages=["one", "two"])["VersionId"]
    b = sm.put_secret_value(SecretId=made["ARN"], SecretString="3", VersionStages=["one"])["VersionId"]
    assert stages(sm, made["ARN"]) == {made["VersionId"]: ["AWSCURRENT"], a: ["two"], b: ["one"]}


def test_move_current(sm, make):
    made = make(SecretString="1")
    new = sm.put_secret_value(SecretId=made["ARN"], SecretString="2", VersionStages=["AWSPENDING"])["VersionId"]
    sm.update_secret_version_stage(SecretId=made["ARN"], VersionStage="AWSCURRENT", MoveToVersionId=new, RemoveFromVersionId=made["VersionId"])
    have = stages(sm, made["ARN"])
    assert "AWSCURRENT" in have[new] and have[made["VersionId"]] == ["AWSPREVIOUS"]


def test_move_without_saying_from_where(sm, make):
    made = make(SecretString="1")
    new = sm.put_secret_value(SecretId=made["ARN"], SecretString="2", VersionStages=["mine"])["VersionId"]
    with refused("InvalidParameterException", "RemoveFromVersionId"):
        sm.update_secret_version_stage(SecretId=made["ARN"], VersionStage="AWSCURRENT", MoveToVersionId=new)


def test_not_found(sm, make):
    with refused("ResourceNotFoundException", "can't find the specified secret"):
        sm.get_secret_value(SecretId="none-" + uuid.uuid4().hex)
    with refused("ResourceNotFoundException", "staging label: AWSCURRENT"):
        sm.get_secret_value(SecretId=make()["ARN"])


def test_deletion_and_recovery(sm, make):
    made = make(SecretString="x")
    sm.delete_secret(SecretId=made["ARN"], RecoveryWindowInDays=7)
    with refused("InvalidRequestException", "marked"):
        sm.get_secret_value(SecretId=made["ARN"])
    assert "DeletedDate" in sm.describe_secret(SecretId=made["ARN"])
    sm.restore_secret(SecretId=made["ARN"])
    assert sm.get_secret_value(SecretId=made["ARN"])["SecretString"] == "x"


@moto_is_wrong("CreateSecret: the name of a secret that is scheduled for deletion is an InvalidRequestException")
def test_create_what_is_deleted(sm, make):
    made = make(SecretString="x")
    sm.delete_secret(SecretId=made["ARN"])
    with refused("InvalidRequestException", "scheduled for deletion"):
        sm.create_secret(Name=made["Name"])


@moto_is_wrong("recorded: a secret marked for deletion takes no tags")
def test_no_tags_for_what_is_deleted(sm, make):
    made = make(SecretString="x")
    sm.delete_secret(SecretId=made["ARN"])
    with refused("InvalidRequestException", "marked for deletion"):
        sm.tag_resource(SecretId=made["ARN"], Tags=[{"Key": "k", "Value": "v"}])


@pytest.mark.parametrize("window", [6, 31])
def test_recovery_window(sm, make, window):
    with refused("InvalidParameterException", "RecoveryWindowInDays"):
        sm.delete_secret(SecretId=make()["ARN"], RecoveryWindowInDays=window)


@moto_is_wrong("recorded: a name with other signs is a ValidationException")
def test_names(sm):
    for name in ("two words", "a*b", "a!b "):
        with refused("ValidationException", "Invalid name"):
            sm.create_secret(Name=name, SecretString="x")


def test_filters(sm, make):
    prefix = "f" + uuid.uuid4().hex[:8]
    make(Name=prefix + "/one", SecretString="x", Description="The first of all", Tags=[{"Key": prefix, "Value": "red"}])
    make(Name=prefix + "/two", SecretString="x", Description="another", Tags=[{"Key": prefix, "Value": "blue"}])

    def names(*filters):
        found = sm.list_secrets(Filters=[{"Key": "name", "Values": [prefix]}] + [{"Key": k, "Values": v} for k, v in filters])["SecretList"]
        return sorted(s["Name"].split("/")[1] for s in found)

    assert names() == ["one", "two"]
    assert names(("description", ["FIRST"])) == ["one"]
    assert names(("tag-value", ["bl"])) == ["two"]
    assert names(("tag-value", ["!bl"])) == ["one"]
    assert names(("tag-value", ["Bl"])) == []
    assert names(("all", ["first"])) == ["one"]


def test_pages(sm, make):
    prefix = "p" + uuid.uuid4().hex[:8]
    for i in range(5):
        make(Name=f"{prefix}-{i}", SecretString="x")
    pages = list(sm.get_paginator("list_secrets").paginate(Filters=[{"Key": "name", "Values": [prefix]}], PaginationConfig={"PageSize": 2}))
    assert sorted(s["Name"][-1] for p in pages for s in p["SecretList"]) == list("01234")


def test_batch(sm, make):
    made = make(SecretString="x")
    out = sm.batch_get_secret_value(SecretIdList=[made["Name"], "none-" + uuid.uuid4().hex])
    assert [s["SecretString"] for s in out["SecretValues"]] == ["x"]
    assert out["Errors"][0]["ErrorCode"] == "ResourceNotFoundException"


def test_random_password(sm):
    password = sm.get_random_password(PasswordLength=40, ExcludePunctuation=True, ExcludeCharacters="abcXYZ123")["RandomPassword"]
    assert len(password) == 40 and password.isalnum() and not set(password) & set("abcXYZ123")


def test_resource_policy(sm, make):
    made = make(SecretString="x")
    policy = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"secretsmanager:GetSecretValue","Resource":"*"}]}'
    sm.put_resource_policy(SecretId=made["ARN"], ResourcePolicy=policy)
    assert sm.get_resource_policy(SecretId=made["ARN"])["ResourcePolicy"] == policy
    sm.delete_resource_policy(SecretId=made["ARN"])
    assert not sm.get_resource_policy(SecretId=made["ARN"]).get("ResourcePolicy")


@moto_is_wrong("PutResourcePolicy: what is no policy is a MalformedPolicyDocumentException")
def test_malformed_policy(sm, make):
    with refused("MalformedPolicyDocumentException"):
        sm.put_resource_policy(SecretId=make()["ARN"], ResourcePolicy="{")


def test_tags(sm, make):
    made = make(SecretString="x", Tags=[{"Key": "a", "Value": "1"}])
    sm.tag_resource(SecretId=made["ARN"], Tags=[{"Key": "a", "Value": "2"}, {"Key": "b", "Value": "3"}])
    sm.untag_resource(SecretId=made["ARN"], TagKeys=["b"])
    assert sm.describe_secret(SecretId=made["ARN"])["Tags"] == [{"Key": "a", "Value": "2"}]
