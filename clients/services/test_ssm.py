"""The Parameter Store over boto3: what AWS documents or was recorded to do.

    STATELARK_ENDPOINT=http://127.0.0.1:8083 pytest test_ssm.py

The same suite runs against moto's server with STATELARK_AGAINST=moto. Where moto is known to be wrong the test says why AWS is held
to be otherwise, and is expected to fail there.
"""
import os
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
def ssm():
    return connect("ssm")


@pytest.fixture
def path(ssm):
    path = "/t" + uuid.uuid4().hex[:10]
    yield path
    for page in ssm.get_paginator("get_parameters_by_path").paginate(Path=path, Recursive=True):
        for p in page["Parameters"]:
            ssm.delete_parameter(Name=p["Name"])


def put(ssm, name, value="v", **more):
    return ssm.put_parameter(Name=name, Value=value, **{"Type": "String", **more})


def test_put_and_get(ssm, path):
    assert put(ssm, path + "/a")["Version"] == 1
    got = ssm.get_parameter(Name=path + "/a")["Parameter"]
    assert (got["Name"], got["Value"], got["Type"], got["Version"], got["DataType"]) == (path + "/a", "v", "String", 1, "text")
    assert ssm.get_parameter(Name=got["ARN"])["Parameter"]["Value"] == "v"
    with refused("ParameterAlreadyExists"):
        put(ssm, path + "/a")
    assert put(ssm, path + "/a", "w", Overwrite=True)["Version"] == 2


@moto_is_wrong("recorded, and the user guide: NAME and /NAME are the same parameter")
def test_slash_before_a_plain_name(ssm):
    name = "n" + uuid.uuid4().hex
    put(ssm, name)
    try:
        assert ssm.get_parameter(Name="/" + name)["Parameter"]["Name"] == "/" + name
    finally:
        ssm.delete_parameter(Name=name)


@moto_is_wrong("Selector: it is the version or label that the request gave, after a colon")
def test_selectors(ssm, path):
    for i in "123":
        put(ssm, path + "/a", i, Overwrite=True)
    ssm.label_parameter_version(Name=path + "/a", ParameterVersion=2, Labels=["good"])
    for selector, value in ((":1", "1"), (":good", "2"), ("", "3")):
        got = ssm.get_parameter(Name=path + "/a" + selector)["Parameter"]
        assert got["Value"] == value and got.get("Selector", "") == selector
    with refused("ParameterVersionNotFound"):
        ssm.get_parameter(Name=path + "/a:9")
    with refused("ParameterNotFound"):
        ssm.get_parameter(Name=path + "/none")


def test_get_many(ssm, path):
    put(ssm, path + "/a")
    out = ssm.get_parameters(Names=[path + "/a", path + "/none"])
    assert [p["Name"] for p in out["Parameters"]] == [path + "/a"] and out["InvalidParameters"] == [path + "/none"]


def test_secure_string(ssm, path):
    put(ssm, path + "/a", "hush", Type="SecureString")
    assert "hush" != ssm.get_parameter(Name=path + "/a")["Parameter"]["Value"]
    assert ssm.get_parameter(Name=path + "/a", WithDecryption=True)["Parameter"]["Value"] == "hush"


@moto_is_wrong("without WithDecryption the value is ciphertext, which does not show it")
def test_ciphertext_shows_nothing(ssm, path):
    put(ssm, path + "/a", "hush", Type="SecureString")
    assert "hush" not in ssm.get_parameter(Name=path + "/a")["Parameter"]["Value"]


@pytest.mark.parametrize("name, code", [("aws-x", "ValidationException"), ("/aws/x", "AccessDeniedException"), ("/ssm/x", "ValidationException")])
def test_names(ssm, name, code):
    with refused(code):
        put(ssm, name)


@moto_is_wrong("names have letters, digits and .-_/ alone: ValidationException")
def test_spaces_in_names(ssm):
    with refused("ValidationException"):
        put(ssm, "a b")


@moto_is_wrong("a hierarchy has 15 levels at most: HierarchyLevelLimitExceededException")
def test_deep_names(ssm):
    with refused("HierarchyLevelLimitExceededException"):
        put(ssm, "/x" * 16)


@moto_is_wrong("AllowedPattern: a value that it does not match is a ParameterPatternMismatchException")
def test_allowed_pattern(ssm, path):
    with refused("ParameterPatternMismatchException"):
        put(ssm, path + "/a", "a1", AllowedPattern="^[a-z]+$")
    put(ssm, path + "/a", "abc", AllowedPattern="^[a-z]+$")


@moto_is_wrong("a value of the standard tier has 4096 characters at most")
def test_size_and_tiers(ssm, path):
    with refused("ValidationException", "4096"):
        put(ssm, path + "/a", "x" * 4097)
    assert put(ssm, path + "/a", "x" * 4097, Tier="Advanced")["Tier"] == "Advanced"


@moto_is_wrong("Intelligent-Tiering becomes Standard or Advanced, by the size of the value")
def test_intelligent_tiering(ssm, path):
    assert put(ssm, path + "/a", "x", Tier="Intelligent-Tiering")["Tier"] == "Standard"
    assert put(ssm, path + "/b", "x" * 4097, Tier="Intelligent-Tiering")["Tier"] == "Advanced"


@moto_is_wrong("a path begins with a slash: ValidationException")
def test_by_path(ssm, path):
    for name in ("/a", "/b/c", "/b/d"):
        put(ssm, path + name)
    names = lambda **more: [p["Name"][len(path):] for p in ssm.get_parameters_by_path(Path=path, **more)["Parameters"]]
    assert names() == ["/a"]
    assert sorted(names(Recursive=True)) == ["/a", "/b/c", "/b/d"]
    pages = list(ssm.get_paginator("get_parameters_by_path").paginate(Path=path, Recursive=True, PaginationConfig={"PageSize": 2}))
    assert [len(p["Parameters"]) for p in pages] == [2, 1]
    with refused("ValidationException"):
        ssm.get_parameters_by_path(Path="no-slash")


@moto_is_wrong("recorded: a label in ParameterFilters finds the parameters with that label")
def test_by_path_and_label(ssm, path):
    put(ssm, path + "/a", "1")
    put(ssm, path + "/a", "2", Overwrite=True)
    put(ssm, path + "/b", "3")
    ssm.label_parameter_version(Name=path + "/a", ParameterVersion=1, Labels=["old"])
    found = ssm.get_parameters_by_path(Path=path, ParameterFilters=[{"Key": "Label", "Values": ["old"]}])["Parameters"]
    assert [p["Name"] for p in found] == [path + "/a"]


def test_describe(ssm, path):
    put(ssm, path + "/a", Description="d", Tags=[{"Key": "k", "Value": path}])
    put(ssm, path + "/b", Type="StringList")
    names = lambda *filters: [p["Name"][len(path):] for p in ssm.describe_parameters(
        ParameterFilters=[{"Key": "Path", "Option": "Recursive", "Values": [path]}, *filters])["Parameters"]]
    assert sorted(names()) == ["/a", "/b"]
    assert names({"Key": "Type", "Values": ["StringList"]}) == ["/b"]
    assert names({"Key": "tag:k", "Values": [path]}) == ["/a"]
    assert names({"Key": "Name", "Option": "Contains", "Values": ["/a"]}) == ["/a"]
    with refused("InvalidFilterOption"):
        names({"Key": "Type", "Option": "Contains", "Values": ["x"]})


def test_history_and_labels(ssm, path):
    put(ssm, path + "/a", "1")
    put(ssm, path + "/a", "2", Overwrite=True)
    out = ssm.label_parameter_version(Name=path + "/a", Labels=["fine", "1bad", "aws-bad"])
    assert sorted(out["InvalidLabels"]) == ["1bad", "aws-bad"]
    history = ssm.get_parameter_history(Name=path + "/a")["Parameters"]
    assert [(p["Value"], p["Version"]) for p in history] == [("1", 1), ("2", 2)]


def test_valid_labels_beside_invalid(ssm, path):
    put(ssm, path + "/a", "1")
    ssm.label_parameter_version(Name=path + "/a", Labels=["fine", "1bad"])
    assert ssm.get_parameter_history(Name=path + "/a")["Parameters"][0]["Labels"] == ["fine"]


def test_delete_many(ssm, path):
    put(ssm, path + "/a")
    out = ssm.delete_parameters(Names=[path + "/a", path + "/none"])
    assert out["DeletedParameters"] == [path + "/a"] and out["InvalidParameters"] == [path + "/none"]


def test_tags(ssm, path):
    put(ssm, path + "/a")
    ssm.add_tags_to_resource(ResourceType="Parameter", ResourceId=path + "/a", Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    ssm.remove_tags_from_resource(ResourceType="Parameter", ResourceId=path + "/a", TagKeys=["a"])
    assert ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=path + "/a")["TagList"] == [{"Key": "b", "Value": "2"}]


def test_secrets_as_parameters(ssm):
    sm, name = connect("secretsmanager"), "s-" + uuid.uuid4().hex
    sm.create_secret(Name=name, SecretString="hush")
    try:
        got = ssm.get_parameter(Name="/aws/reference/secretsmanager/" + name, WithDecryption=True)["Parameter"]
        assert got["Value"] == "hush" and got["Type"] == "SecureString"
    finally:
        sm.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
