"""The Security Token Service over boto3: what AWS documents or was recorded to do.

    STATELARK_ENDPOINT=http://127.0.0.1:8083 pytest test_sts.py

The same suite runs against moto's server with STATELARK_AGAINST=moto. Where moto is known to be wrong the test says why AWS is held
to be otherwise, and is expected to fail there.
"""
import base64
import json
import os

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


ROLE = "arn:aws:iam::111122223333:role/path/worker"


@pytest.fixture(scope="module")
def sts():
    return connect("sts")


def test_caller(sts):
    me = sts.get_caller_identity()
    assert me["Account"].isdigit() and len(me["Account"]) == 12 and me["Account"] in me["Arn"]


def test_assume_role(sts):
    out = sts.assume_role(RoleArn=ROLE, RoleSessionName="me", DurationSeconds=900)
    assert out["AssumedRoleUser"]["Arn"] == "arn:aws:sts::111122223333:assumed-role/worker/me"
    assert out["AssumedRoleUser"]["AssumedRoleId"].startswith("AROA") and out["AssumedRoleUser"]["AssumedRoleId"].endswith(":me")
    c = out["Credentials"]
    assert c["AccessKeyId"].startswith("ASIA") and len(c["AccessKeyId"]) == 20 and len(c["SecretAccessKey"]) == 40


def test_identity_of_a_role(sts):
    c = sts.assume_role(RoleArn=ROLE, RoleSessionName="me")["Credentials"]
    me = connect("sts", key=c["AccessKeyId"], aws_session_token=c["SessionToken"]).get_caller_identity()
    assert me["Arn"] == "arn:aws:sts::111122223333:assumed-role/worker/me" and me["Account"] == "111122223333"


@moto_is_wrong("an access key id says its account: GetAccessKeyInfo")
def test_account_of_a_key(sts):
    c = sts.assume_role(RoleArn=ROLE, RoleSessionName="me")["Credentials"]
    assert sts.get_access_key_info(AccessKeyId=c["AccessKeyId"])["Account"] == "111122223333"


@moto_is_wrong("what is no ARN of a role is a ValidationError")
@pytest.mark.parametrize("role", ["nothing-valid-in-here", "arn:aws:iam::111122223333:user/somebody"])
def test_bad_roles(sts, role):
    with refused("ValidationError", "is invalid"):
        sts.assume_role(RoleArn=role, RoleSessionName="me")


def test_bad_session_name(sts):
    with refused("ValidationError"):
        sts.assume_role(RoleArn=ROLE, RoleSessionName="x" * 65)


@moto_is_wrong("tag keys differ by more than their case: InvalidParameterValue")
def test_tags(sts):
    with refused("InvalidParameterValue", "Duplicate tag keys"):
        sts.assume_role(RoleArn=ROLE, RoleSessionName="me", Tags=[{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}])


@moto_is_wrong("a session policy is a JSON object: MalformedPolicyDocument")
def test_policy(sts):
    with refused("MalformedPolicyDocument"):
        sts.assume_role(RoleArn=ROLE, RoleSessionName="me", Policy="no")


@moto_is_wrong("keys of temporary credentials begin with ASIA")
def test_session_and_federation(sts):
    assert sts.get_session_token()["Credentials"]["AccessKeyId"].startswith("ASIA")
    out = sts.get_federation_token(Name="bob", Policy="{}")
    assert out["FederatedUser"]["Arn"].endswith(":federated-user/bob") and out["FederatedUser"]["FederatedUserId"].endswith(":bob")


@moto_is_wrong("what the token says of its subject, audience and issuer is told")
def test_web_identity(sts):
    claims = base64.urlsafe_b64encode(json.dumps({"sub": "me", "aud": "app", "iss": "https://id"}).encode()).decode().rstrip("=")
    out = sts.assume_role_with_web_identity(RoleArn=ROLE, RoleSessionName="me", WebIdentityToken=f"e30.{claims}.x")
    assert (out["SubjectFromWebIdentityToken"], out["Audience"], out["Provider"]) == ("me", "app", "https://id")
