"""DynamoDB through boto3: the same tests run against the built-in service and against other servers.

    STATELARK_ENDPOINT=http://127.0.0.1:8083 pytest clients/services/test_dynamodb.py

What is expected is what AWS does. Where another server is known to do otherwise, a test says where the expectation comes from.
"""

import os
import uuid
from decimal import Decimal

import boto3
import pytest
from boto3.dynamodb.conditions import Attr, Key
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT = os.environ.get("STATELARK_ENDPOINT")

WORDS = "moto answers with other words, or does not refuse this"

# Where moto 5.2.1 does otherwise than AWS, and what says so: the developer guide (DG), the API reference (API), or answers of AWS.
MOTO = {
    "test_a_table_is_described": 'API, DeleteTable: "the specified table is in the DELETING state" in the answer',
    "test_tables_that_cannot_be": WORDS,
    "test_an_index_is_added_and_removed": 'API, Query: ValidationException, "The table does not have the specified index"',
    "test_time_to_live": "AWS: TimeToLive is already enabled",
    "test_numbers_are_normal": 'DG, Naming rules and data types: "Leading and trailing zeroes are trimmed"',
    "test_values_that_cannot_be": 'DG, Naming rules and data types: "Positive range: 1E-130 to 9.99…E+125", "up to 38 digits of precision"',
    "test_items_that_cannot_be": WORDS,
    "test_keys_that_do_not_match": 'API, Key: "you must provide all of the key attributes"',
    "test_index_keys_have_their_type": 'API, PutItem: "must match … the data types of the index key"',
    "test_put_returns_what_was_there": WORDS,
    "test_updates": "AWS answers no Attributes when no attribute is left that was updated",
    "test_an_update_without_changes_makes_the_item": 'API, UpdateItem: "adds a new item to the table if it does not already exist"',
    "test_updates_that_are_refused": WORDS,
    "test_conditions_that_are_refused": WORDS,
    "test_projections": "moto takes a placeholder with an index behind it for an unused one",
    "test_consumed_capacity": 'DG, Capacity unit consumption: "Items sizes for writes are rounded up to the next 1 KB multiple"',
    "test_key_conditions": 'DG, Comparison operators: "operand comparator operand"',
    "test_a_global_index": WORDS,
    "test_a_local_index": 'API, Select: "DynamoDB fetches the entire item from the parent table" for a local index',
    "test_queries_that_are_refused": WORDS,
    "test_a_scan_in_segments_sees_all_once": WORDS,
    "test_batches": 'API, BatchGetItem: "If you request more than 100 items, … ValidationException"',
    "test_a_transaction_with_a_token_is_done_once": 'API, TransactWriteItems: "idempotent, meaning that multiple identical calls have the same effect as one single call"',
    "test_older_parameters": "AttributesToGet names what is returned",
    "test_statements": 'DG, PartiQL: "UPDATE table SET path = data", where data may be calculated',
    "test_numbers_that_a_float_cannot_hold": 'DG: "Numbers can have up to 38 digits of precision"',
}


@pytest.fixture(scope="session")
def is_moto():
    return os.environ.get("STATELARK_AGAINST") == "moto"


@pytest.fixture(autouse=True)
def known_to_differ(request, is_moto):
    reason = MOTO.get(request.function.__name__)
    if is_moto and reason:
        request.applymarker(pytest.mark.xfail(reason=reason, strict=False))


pytestmark = pytest.mark.skipif(not ENDPOINT, reason="STATELARK_ENDPOINT names no server")
SETTINGS = dict(
    endpoint_url=ENDPOINT,
    region_name="us-east-1",
    aws_access_key_id="test",
    aws_secret_access_key="test",
    config=Config(retries={"max_attempts": 1}, parameter_validation=False),
)


@pytest.fixture(scope="module")
def ddb():
    return boto3.client("dynamodb", **SETTINGS)


@pytest.fixture(scope="module")
def resource():
    return boto3.resource("dynamodb", **SETTINGS)


def make(ddb, **more):
    """Makes a table with the key pk (S), or pk and sk (N), and waits for it."""
    name = "t-" + uuid.uuid4().hex[:12]
    params = dict(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    params.update(more)
    ddb.create_table(**params)
    ddb.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
    return name


@pytest.fixture(scope="module")
def users(ddb):
    name = make(ddb)
    yield name
    ddb.delete_table(TableName=name)


@pytest.fixture(scope="module")
def orders(ddb):
    """pk, sk (N), a global index g/sk with what is named a, a local index pk/l with keys alone."""
    names = {"pk": "S", "sk": "N", "g": "S", "l": "S"}
    name = make(
        ddb,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": t} for n, t in names.items()],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "byG",
                "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["a"]},
            }
        ],
        LocalSecondaryIndexes=[
            {
                "IndexName": "byL",
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "l", "KeyType": "RANGE"}],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
    )
    for i in range(10):
        ddb.put_item(
            TableName=name,
            Item={"pk": S("p"), "sk": N(i), "g": S("g%d" % (i % 2)), "l": S("l%d" % (9 - i)), "a": S("A"), "b": S("B")},
        )
    yield name
    ddb.delete_table(TableName=name)


def S(v):
    return {"S": v}


def N(v):
    return {"N": str(v)}


def refused(code, text, call, **params):
    with pytest.raises(ClientError) as error:
        call(**params)
    got = error.value.response["Error"]
    assert got["Code"] == code
    if text is not None:
        assert got["Message"] == text
    return error.value.response


def invalid(text, call, **params):
    return refused("ValidationException", text, call, **params)


def fresh():
    return {"pk": S(uuid.uuid4().hex)}


# ---- tables


def test_a_table_is_described(ddb):
    name = make(
        ddb,
        BillingMode="PROVISIONED",
        ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 6},
        Tags=[{"Key": "k", "Value": "v"}],
    )
    table = ddb.describe_table(TableName=name)["Table"]
    assert table["TableStatus"] == "ACTIVE"
    assert table["KeySchema"] == [{"AttributeName": "pk", "KeyType": "HASH"}]
    assert table["ProvisionedThroughput"]["ReadCapacityUnits"] == 5
    assert table["ProvisionedThroughput"]["WriteCapacityUnits"] == 6
    assert table["ItemCount"] == 0 and table["TableSizeBytes"] == 0
    assert table["DeletionProtectionEnabled"] is False
    assert table["TableArn"].endswith(":table/" + name)
    assert ddb.describe_table(TableName=table["TableArn"])["Table"]["TableName"] == name
    assert ddb.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"] == [{"Key": "k", "Value": "v"}]
    refused("ResourceInUseException", "Table already exists: " + name, ddb.create_table, TableName=name,
            KeySchema=table["KeySchema"], AttributeDefinitions=table["AttributeDefinitions"], BillingMode="PAY_PER_REQUEST")
    assert ddb.delete_table(TableName=name)["TableDescription"]["TableStatus"] == "DELETING"
    ddb.get_waiter("table_not_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
    text = "Requested resource not found: Table: %s not found" % name
    refused("ResourceNotFoundException", text, ddb.describe_table, TableName=name)
    refused("ResourceNotFoundException", text, ddb.delete_table, TableName=name)
    refused("ResourceNotFoundException", "Requested resource not found", ddb.get_item, TableName=name, Key=fresh())
    refused("ResourceNotFoundException", "Requested resource not found", ddb.put_item, TableName=name, Item=fresh())


def test_an_on_demand_table(ddb, users):
    table = ddb.describe_table(TableName=users)["Table"]
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert table["ProvisionedThroughput"]["ReadCapacityUnits"] == 0


def test_tables_are_listed_in_pages(ddb):
    names = sorted(make(ddb) for _ in range(3))
    seen = [n for page in ddb.get_paginator("list_tables").paginate(PaginationConfig={"PageSize": 2}) for n in page["TableNames"]]
    assert set(names) <= set(seen)
    for name in names:
        ddb.delete_table(TableName=name)


@pytest.mark.parametrize(
    "change, text",
    [
        (dict(KeySchema=[{"AttributeName": "x", "KeyType": "HASH"}]),
         "One or more parameter values were invalid: Some index key attributes are not defined in AttributeDefinitions. Keys: [x], AttributeDefinitions: [pk]"),
        (dict(KeySchema=[{"AttributeName": "pk", "KeyType": "RANGE"}]),
         "Invalid KeySchema: The first KeySchemaElement is not a HASH key type"),
        (dict(AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "x", "AttributeType": "S"}]),
         "One or more parameter values were invalid: Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions"),
        (dict(ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}),
         "One or more parameter values were invalid: Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"),
        (dict(BillingMode="PROVISIONED"),
         "One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"),
        (dict(LocalSecondaryIndexes=[{"IndexName": "lsi", "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}]),
         "One or more parameter values were invalid: Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex"),
        (dict(GlobalSecondaryIndexes=[]), None),
    ],
)
def test_tables_that_cannot_be(ddb, change, text):
    params = dict(
        TableName="t-" + uuid.uuid4().hex[:12],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    params.update(change)
    invalid(text, ddb.create_table, **params)


def test_deletion_protection(ddb):
    name = make(ddb, DeletionProtectionEnabled=True)
    invalid(None, ddb.delete_table, TableName=name)
    ddb.update_table(TableName=name, DeletionProtectionEnabled=False)
    ddb.delete_table(TableName=name)


def test_an_index_is_added_and_removed(ddb):
    name = make(ddb)
    for i in range(3):
        ddb.put_item(TableName=name, Item={"pk": S(str(i)), "g": S("x" if i else "y")})
    ddb.put_item(TableName=name, Item={"pk": S("no g")})
    ddb.update_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "g", "AttributeType": "S"}],
        GlobalSecondaryIndexUpdates=[{"Create": {"IndexName": "byG", "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}}],
    )
    got = ddb.query(TableName=name, IndexName="byG", KeyConditionExpression="g = :g", ExpressionAttributeValues={":g": S("x")})
    assert sorted(i["pk"]["S"] for i in got["Items"]) == ["1", "2"]
    assert ddb.scan(TableName=name, IndexName="byG")["Count"] == 3
    ddb.update_table(TableName=name, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "byG"}}])
    invalid("The table does not have the specified index: byG", ddb.query, TableName=name, IndexName="byG",
            KeyConditionExpression="g = :g", ExpressionAttributeValues={":g": S("x")})
    assert "GlobalSecondaryIndexes" not in ddb.describe_table(TableName=name)["Table"]
    ddb.delete_table(TableName=name)


def test_billing_mode_changes(ddb):
    name = make(ddb)
    ddb.update_table(TableName=name, BillingMode="PROVISIONED", ProvisionedThroughput={"ReadCapacityUnits": 3, "WriteCapacityUnits": 4})
    ddb.get_waiter("table_exists").wait(TableName=name)
    assert ddb.describe_table(TableName=name)["Table"]["ProvisionedThroughput"]["WriteCapacityUnits"] == 4
    ddb.delete_table(TableName=name)


def test_tags(ddb, users):
    arn = ddb.describe_table(TableName=users)["Table"]["TableArn"]
    ddb.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    ddb.untag_resource(ResourceArn=arn, TagKeys=["a"])
    assert ddb.list_tags_of_resource(ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    refused("ResourceNotFoundException", None, ddb.list_tags_of_resource, ResourceArn=arn + "-not")


def test_time_to_live(ddb, users):
    assert ddb.describe_time_to_live(TableName=users)["TimeToLiveDescription"]["TimeToLiveStatus"] == "DISABLED"
    spec = {"AttributeName": "ttl", "Enabled": True}
    assert ddb.update_time_to_live(TableName=users, TimeToLiveSpecification=spec)["TimeToLiveSpecification"] == spec
    got = ddb.describe_time_to_live(TableName=users)["TimeToLiveDescription"]
    assert got["TimeToLiveStatus"] in ("ENABLING", "ENABLED") and got["AttributeName"] == "ttl"
    invalid("TimeToLive is already enabled", ddb.update_time_to_live, TableName=users, TimeToLiveSpecification=spec)


def test_continuous_backups(ddb, users):
    got = ddb.describe_continuous_backups(TableName=users)["ContinuousBackupsDescription"]
    assert got["ContinuousBackupsStatus"] == "ENABLED"
    assert got["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "DISABLED"
    refused("TableNotFoundException", "Table not found: not-there", ddb.describe_continuous_backups, TableName="not-there")


# ---- items

EVERYTHING = {
    "s": "é😀", "empty": "", "n": Decimal("123.450"), "big": Decimal("1e20"), "b": b"\x00\xff", "t": True, "f": False, "null": None,
    "l": [1, "x", [], {"k": [None]}], "m": {"a": {"b": {"c": 1}}}, "ss": {"a", "b"}, "ns": {1, Decimal("2.5")}, "bs": {b"x", b"y"},
}


def test_all_kinds_of_values(resource, users):
    table = resource.Table(users)
    item = dict(EVERYTHING, pk=uuid.uuid4().hex)
    table.put_item(Item=item)
    got = table.get_item(Key={"pk": item["pk"]}, ConsistentRead=True)["Item"]
    got["b"], got["bs"] = got["b"].value, {b.value for b in got["bs"]}
    assert got == item


@pytest.mark.parametrize("given, stored", [("00042", "42"), ("1.0", "1"), ("-0", "0"), ("1.5E2", "150"), ("1e-3", "0.001"), ("12345678901234567890123456789012345678",) * 2])
def test_numbers_are_normal(ddb, users, given, stored):
    """The developer guide: "Leading and trailing zeroes are trimmed"."""
    item = dict(fresh(), n=N(given))
    ddb.put_item(TableName=users, Item=item)
    assert ddb.get_item(TableName=users, Key={"pk": item["pk"]})["Item"]["n"] == N(stored)


@pytest.mark.parametrize(
    "value, text",
    [
        (N("abc"), "The parameter cannot be converted to a numeric value: abc"),
        (N(""), "The parameter cannot be converted to a numeric value"),
        (N("1" * 39), "Attempting to store more than 38 significant digits in a Number"),
        (N("1e126"), "Number overflow. Attempting to store a number with magnitude larger than supported range"),
        (N("1e-131"), "Number underflow. Attempting to store a number with magnitude smaller than supported range"),
        ({"SS": []}, "One or more parameter values were invalid: An string set  may not be empty"),
        ({"SS": ["a", "a"]}, "One or more parameter values were invalid: Input collection [a, a] contains duplicates."),
        ({"S": "a", "N": "1"}, "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"),
        ({}, "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
    ],
)
def test_values_that_cannot_be(ddb, users, value, text):
    invalid(text, ddb.put_item, TableName=users, Item=dict(fresh(), bad=value))


@pytest.mark.parametrize(
    "item, text",
    [
        ({"x": S("y")}, "One or more parameter values were invalid: Missing the key pk in the item"),
        ({"pk": N(1)}, "One or more parameter values were invalid: Type mismatch for key pk expected: S actual: N"),
        ({"pk": S("")}, "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: pk"),
        ({"pk": S("k" * 2049)}, "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes"),
        ({"pk": S("k"), "x": S("x" * 409600)}, "Item size has exceeded the maximum allowed size"),
    ],
)
def test_items_that_cannot_be(ddb, users, item, text):
    invalid(text, ddb.put_item, TableName=users, Item=item)


@pytest.mark.parametrize("key", [{}, {"pk": N(1)}, {"x": S("y")}, {"pk": S("a"), "x": S("y")}])
def test_keys_that_do_not_match(ddb, users, key):
    text = "The provided key element does not match the schema"
    invalid(text, ddb.get_item, TableName=users, Key=key)
    invalid(text, ddb.delete_item, TableName=users, Key=key)
    invalid(text, ddb.update_item, TableName=users, Key=key)


def test_index_keys_have_their_type(ddb, orders):
    invalid("One or more parameter values were invalid: Type mismatch for Index Key g Expected: S Actual: N IndexName: byG",
            ddb.put_item, TableName=orders, Item={"pk": S("x"), "sk": N(1), "g": N(1)})


def test_put_returns_what_was_there(ddb, users):
    item = dict(fresh(), a=S("1"))
    assert "Attributes" not in ddb.put_item(TableName=users, Item=item, ReturnValues="ALL_OLD")
    assert ddb.put_item(TableName=users, Item=dict(item, a=S("2")), ReturnValues="ALL_OLD")["Attributes"] == item
    invalid("ReturnValues can only be ALL_OLD or NONE", ddb.put_item, TableName=users, Item=item, ReturnValues="ALL_NEW")


def test_delete(ddb, users):
    item = dict(fresh(), a=S("1"))
    ddb.put_item(TableName=users, Item=item)
    assert ddb.delete_item(TableName=users, Key={"pk": item["pk"]}, ReturnValues="ALL_OLD")["Attributes"] == item
    assert "Attributes" not in ddb.delete_item(TableName=users, Key={"pk": item["pk"]}, ReturnValues="ALL_OLD")
    assert "Item" not in ddb.get_item(TableName=users, Key={"pk": item["pk"]})


def test_conditions(ddb, users):
    item = dict(fresh(), n=N(5))
    key = {"pk": item["pk"]}
    ddb.put_item(TableName=users, Item=item, ConditionExpression="attribute_not_exists(pk)")
    got = refused("ConditionalCheckFailedException", "The conditional request failed", ddb.put_item, TableName=users, Item=item,
                  ConditionExpression="attribute_not_exists(pk)", ReturnValuesOnConditionCheckFailure="ALL_OLD")
    assert got["Item"] == item
    refused("ConditionalCheckFailedException", None, ddb.delete_item, TableName=users, Key=key, ConditionExpression="n > :n",
            ExpressionAttributeValues={":n": N(5)})
    refused("ConditionalCheckFailedException", None, ddb.update_item, TableName=users, Key=fresh(), UpdateExpression="SET a = :n",
            ConditionExpression="attribute_exists(pk)", ExpressionAttributeValues={":n": N(5)})


def update(ddb, users, item, expression, values=None, names=None, returns="ALL_NEW"):
    params = dict(TableName=users, Key={"pk": item["pk"]}, UpdateExpression=expression, ReturnValues=returns)
    if values:
        params["ExpressionAttributeValues"] = values
    if names:
        params["ExpressionAttributeNames"] = names
    return ddb.update_item(**params).get("Attributes")


def test_updates(ddb, users):
    item = fresh()
    assert update(ddb, users, item, "SET a = :a, m = :m, l = :l ADD c :one, s :s", {":a": N(1), ":m": {"M": {}}, ":l": {"L": [S("0")]}, ":one": N(1), ":s": {"SS": ["x"]}}) == dict(
        item, a=N(1), m={"M": {}}, l={"L": [S("0")]}, c=N(1), s={"SS": ["x"]})
    assert update(ddb, users, item, "SET a = a + :one, l = list_append(l, :l), m.#k = if_not_exists(m.#k, :one)", {":one": N(1), ":l": {"L": [S("1")]}}, {"#k": "a.b"}) == dict(
        item, a=N(2), m={"M": {"a.b": N(1)}}, l={"L": [S("0"), S("1")]}, c=N(1), s={"SS": ["x"]})
    assert update(ddb, users, item, "REMOVE l[0], m.#k ADD c :minus DELETE s :s", {":minus": N(-3), ":s": {"SS": ["x"]}}, {"#k": "a.b"}) == dict(
        item, a=N(2), m={"M": {}}, l={"L": [S("1")]}, c=N(-2))
    assert update(ddb, users, item, "SET a = :a", {":a": N(9)}, returns="UPDATED_OLD") == {"a": N(2)}
    assert update(ddb, users, item, "SET l[5] = :a", {":a": N(9)})["l"] == {"L": [S("1"), N(9)]}
    assert update(ddb, users, item, "REMOVE a", returns="UPDATED_NEW") is None


def test_an_update_without_changes_makes_the_item(ddb, users):
    item = fresh()
    ddb.update_item(TableName=users, Key=item)
    assert ddb.get_item(TableName=users, Key=item)["Item"] == item


@pytest.mark.parametrize(
    "expression, values, names, text",
    [
        ("INVALID SYNTAX HERE", None, None, 'Invalid UpdateExpression: Syntax error; token: "INVALID", near: "INVALID SYNTAX"'),
        ("SET a = :v,", {":v": N(1)}, None, 'Invalid UpdateExpression: Syntax error; token: "<EOF>", near: ","'),
        ("SET a = :v", None, None, "Invalid UpdateExpression: An expression attribute value used in expression is not defined; attribute value: :v"),
        ("SET #a = :v", {":v": N(1)}, None, "Invalid UpdateExpression: An expression attribute name used in the document path is not defined; attribute name: #a"),
        ("SET a = :v", {":v": N(1), ":w": N(1)}, None, "Value provided in ExpressionAttributeValues unused in expressions: keys: {:w}"),
        ("SET a = :v", {":v": N(1)}, {"#w": "w"}, "Value provided in ExpressionAttributeNames unused in expressions: keys: {#w}"),
        ("SET a = :v, a.b = :v", {":v": N(1)}, None, "Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a, b]"),
        ("SET a = :v SET b = :v", {":v": N(1)}, None, 'Invalid UpdateExpression: The "SET" section can only be used once in an update expression;'),
        ("SET status = :v", {":v": N(1)}, None, "Invalid UpdateExpression: Attribute name is a reserved keyword; reserved keyword: status"),
        ("ADD a :v", {":v": S("x")}, None, "Invalid UpdateExpression: Incorrect operand type for operator or function; operator: ADD, operand type: STRING"),
        ("SET pk = :v", {":v": S("x")}, None, "One or more parameter values were invalid: Cannot update attribute pk. This attribute is part of the key"),
        ("SET a = gone + :v", {":v": N(1)}, None, "The provided expression refers to an attribute that does not exist in the item"),
        ("SET gone.b = :v", {":v": N(1)}, None, "The document path provided in the update expression is invalid for update"),
        ("", None, None, "Invalid UpdateExpression: The expression can not be empty;"),
        ("SET a = foo(b)", None, None, "Invalid UpdateExpression: Invalid function name; function: foo"),
    ],
)
def test_updates_that_are_refused(ddb, users, expression, values, names, text):
    params = dict(TableName=users, Key=fresh(), UpdateExpression=expression)
    if values:
        params["ExpressionAttributeValues"] = values
    if names:
        params["ExpressionAttributeNames"] = names
    invalid(text, ddb.update_item, **params)


@pytest.mark.parametrize(
    "expression, values, text",
    [
        ("attribute_not_exists(", None, 'Invalid ConditionExpression: Syntax error; token: "<EOF>", near: "("'),
        ("((attribute_exists(pk)))", None, "Invalid ConditionExpression: The expression has redundant parentheses;"),
        ("contains(a, a)", None, "Invalid ConditionExpression: The first operand must be distinct from the remaining operands for this operator or function; operator: contains, first operand: [a]"),
        ("a BETWEEN :b AND :a", {":a": S("a"), ":b": S("b")}, "Invalid ConditionExpression: The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {S:b}, upper bound operand: AttributeValue: {S:a}"),
        ("attribute_exists(:a)", {":a": S("a")}, "Invalid ConditionExpression: Operator or function requires a document path; operator or function: attribute_exists"),
        ("", None, "Invalid ConditionExpression: The expression can not be empty;"),
    ],
)
def test_conditions_that_are_refused(ddb, users, expression, values, text):
    params = dict(TableName=users, Item=fresh(), ConditionExpression=expression)
    if values:
        params["ExpressionAttributeValues"] = values
    invalid(text, ddb.put_item, **params)


def test_projections(ddb, users):
    item = dict(fresh(), a={"M": {"b": N(1), "c": N(2)}}, l={"L": [S("0"), S("1"), S("2")]})
    ddb.put_item(TableName=users, Item=item)
    got = ddb.get_item(TableName=users, Key={"pk": item["pk"]}, ProjectionExpression="a.b, #l[2], l[0], x", ExpressionAttributeNames={"#l": "l"})
    assert got["Item"] == {"a": {"M": {"b": N(1)}}, "l": {"L": [S("0"), S("2")]}}


def test_consumed_capacity(ddb, users, orders):
    item = dict(fresh(), a=S("x" * 5000))
    assert ddb.put_item(TableName=users, Item=item, ReturnConsumedCapacity="TOTAL")["ConsumedCapacity"] == {"TableName": users, "CapacityUnits": 5.0}
    key = {"pk": item["pk"]}
    assert ddb.get_item(TableName=users, Key=key, ReturnConsumedCapacity="TOTAL")["ConsumedCapacity"]["CapacityUnits"] == 1.0
    assert ddb.get_item(TableName=users, Key=key, ConsistentRead=True, ReturnConsumedCapacity="TOTAL")["ConsumedCapacity"]["CapacityUnits"] == 2.0
    got = ddb.put_item(TableName=orders, Item={"pk": S("cap"), "sk": N(1), "g": S("cap"), "l": S("x")}, ReturnConsumedCapacity="INDEXES")["ConsumedCapacity"]
    assert got == {"TableName": orders, "CapacityUnits": 3.0, "Table": {"CapacityUnits": 1.0}, "GlobalSecondaryIndexes": {"byG": {"CapacityUnits": 1.0}},
                   "LocalSecondaryIndexes": {"byL": {"CapacityUnits": 1.0}}}
    ddb.delete_item(TableName=orders, Key={"pk": S("cap"), "sk": N(1)})


# ---- queries


def query(ddb, table, condition, values, **more):
    return ddb.query(TableName=table, KeyConditionExpression=condition, ExpressionAttributeValues=values, **more)


@pytest.mark.parametrize(
    "condition, values, want",
    [
        ("pk = :p", {}, range(10)),
        ("pk = :p AND sk = :a", {":a": N(3)}, [3]),
        ("pk = :p AND sk < :a", {":a": N(3)}, [0, 1, 2]),
        ("pk = :p AND sk >= :a", {":a": N(8)}, [8, 9]),
        (":a <= sk AND pk = :p", {":a": N(8)}, [8, 9]),
        ("pk = :p AND sk BETWEEN :a AND :b", {":a": N(2), ":b": N("4.5")}, [2, 3, 4]),
        ("(pk = :p) AND (sk > :a)", {":a": N(-1)}, range(10)),
    ],
)
def test_key_conditions(ddb, orders, condition, values, want):
    got = query(ddb, orders, condition, {":p": S("p"), **values})
    assert [int(i["sk"]["N"]) for i in got["Items"]] == list(want)
    assert got["Count"] == got["ScannedCount"] == len(list(want))


def test_queries_backwards_in_pages(ddb, orders):
    seen, start = [], {}
    while True:
        page = query(ddb, orders, "pk = :p", {":p": S("p")}, Limit=4, ScanIndexForward=False, **start)
        seen += [int(i["sk"]["N"]) for i in page["Items"]]
        if "LastEvaluatedKey" not in page:
            break
        assert page["LastEvaluatedKey"] == {"pk": S("p"), "sk": N(seen[-1])}
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
    assert seen == list(range(9, -1, -1))


def test_filters_come_after_the_limit(ddb, orders):
    got = query(ddb, orders, "pk = :p", {":p": S("p"), ":g": S("g1")}, FilterExpression="g = :g", Limit=4)
    assert got["Count"] == 2 and got["ScannedCount"] == 4 and got["LastEvaluatedKey"] == {"pk": S("p"), "sk": N(3)}


def test_a_global_index(ddb, orders):
    got = query(ddb, orders, "g = :g AND sk > :n", {":g": S("g0"), ":n": N(3)}, IndexName="byG")
    assert got["Items"] == [{"pk": S("p"), "sk": N(i), "g": S("g0"), "a": S("A")} for i in (4, 6, 8)]
    page = query(ddb, orders, "g = :g", {":g": S("g0")}, IndexName="byG", Limit=2)
    assert page["LastEvaluatedKey"] == {"pk": S("p"), "sk": N(2), "g": S("g0")}
    rest = query(ddb, orders, "g = :g", {":g": S("g0")}, IndexName="byG", ExclusiveStartKey=page["LastEvaluatedKey"])
    assert [i["sk"] for i in rest["Items"]] == [N(4), N(6), N(8)]
    invalid("Consistent reads are not supported on global secondary indexes", query, ddb=ddb, table=orders, condition="g = :g",
            values={":g": S("g0")}, IndexName="byG", ConsistentRead=True)
    invalid("One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for global secondary index byG because its projection type is not ALL",
            query, ddb=ddb, table=orders, condition="g = :g", values={":g": S("g0")}, IndexName="byG", Select="ALL_ATTRIBUTES")


def test_a_local_index(ddb, orders):
    got = query(ddb, orders, "pk = :p AND begins_with(l, :l)", {":p": S("p"), ":l": S("l8")}, IndexName="byL")
    assert got["Items"] == [{"pk": S("p"), "sk": N(1), "l": S("l8")}]
    got = query(ddb, orders, "pk = :p AND l < :l", {":p": S("p"), ":l": S("l2")}, IndexName="byL", Select="ALL_ATTRIBUTES", ConsistentRead=True)
    assert [i["b"] for i in got["Items"]] == [S("B"), S("B")]


def test_counts(ddb, orders):
    got = query(ddb, orders, "pk = :p", {":p": S("p")}, Select="COUNT")
    assert got["Count"] == 10 and "Items" not in got


@pytest.mark.parametrize(
    "params, text",
    [
        (dict(KeyConditionExpression="sk = :p"), "Query condition missed key schema element: pk"),
        (dict(KeyConditionExpression="pk > :p"), "Query key condition not supported"),
        (dict(KeyConditionExpression="pk = :p OR sk = :p"), "Invalid operator used in KeyConditionExpression: OR"),
        (dict(KeyConditionExpression="pk = :p", FilterExpression="sk = :p"), "Filter Expression can only contain non-primary key attributes: Primary key attribute: sk"),
        (dict(KeyConditionExpression="pk = :p AND sk = :p"), "One or more parameter values were invalid: Condition parameter type does not match schema type"),
        (dict(KeyConditionExpression="pk = :p", IndexName="not-there"), "The table does not have the specified index: not-there"),
        (dict(KeyConditionExpression="pk = :p", ExclusiveStartKey={"pk": S("p")}), "The provided starting key is invalid"),
        (dict(KeyConditionExpression="pk = :p", ExclusiveStartKey={"pk": S("q"), "sk": N(1)}), "The provided starting key is outside query boundaries based on provided conditions"),
        (dict(), None),
    ],
)
def test_queries_that_are_refused(ddb, orders, params, text):
    invalid(text, ddb.query, TableName=orders, ExpressionAttributeValues={":p": S("p")}, **params)


def test_a_scan_in_segments_sees_all_once(ddb, orders):
    ids = [S("seg-%d" % i) for i in range(12)]
    for pk in ids:
        ddb.put_item(TableName=orders, Item={"pk": pk, "sk": N(1)})
    seen = []
    for segment in range(4):
        for page in ddb.get_paginator("scan").paginate(TableName=orders, Segment=segment, TotalSegments=4, PaginationConfig={"PageSize": 3}):
            seen += [(i["pk"]["S"], i["sk"]["N"]) for i in page["Items"]]
    assert len(seen) == len(set(seen)) == 22
    invalid("The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: 4 is not less than TotalSegments: 4",
            ddb.scan, TableName=orders, Segment=4, TotalSegments=4)
    for pk in ids:
        ddb.delete_item(TableName=orders, Key={"pk": pk, "sk": N(1)})


def test_pages_of_a_megabyte(ddb):
    name = make(ddb)
    for i in range(5):
        ddb.put_item(TableName=name, Item={"pk": S(str(i)), "x": S("x" * 300000)})
    page = ddb.scan(TableName=name)
    assert 2 < page["Count"] < 5 and "LastEvaluatedKey" in page
    assert ddb.scan(TableName=name, ExclusiveStartKey=page["LastEvaluatedKey"])["Count"] + page["Count"] == 5
    ddb.delete_table(TableName=name)


def test_conditions_of_the_resource(resource, orders):
    table = resource.Table(orders)
    got = table.query(KeyConditionExpression=Key("pk").eq("p") & Key("sk").between(1, 3), FilterExpression=Attr("g").is_in(["g1", "x"]) & ~Attr("l").contains("zz"))
    assert [int(i["sk"]) for i in got["Items"]] == [1, 3]


# ---- batches and transactions


def test_batches(ddb, users):
    items = [dict(fresh(), n=N(i)) for i in range(25)]
    got = ddb.batch_write_item(RequestItems={users: [{"PutRequest": {"Item": i}} for i in items]})
    assert got["UnprocessedItems"] == {}
    keys = [{"pk": i["pk"]} for i in items]
    got = ddb.batch_get_item(RequestItems={users: {"Keys": keys + [fresh()], "ProjectionExpression": "n"}})
    assert sorted(int(i["n"]["N"]) for i in got["Responses"][users]) == list(range(25))
    assert got["UnprocessedKeys"] == {}
    invalid("Provided list of item keys contains duplicates", ddb.batch_get_item, RequestItems={users: {"Keys": [keys[0], keys[0]]}})
    invalid("Provided list of item keys contains duplicates", ddb.batch_write_item,
            RequestItems={users: [{"PutRequest": {"Item": items[0]}}, {"DeleteRequest": {"Key": keys[0]}}]})
    invalid(None, ddb.batch_write_item, RequestItems={users: [{"PutRequest": {"Item": fresh()}} for _ in range(26)]})
    invalid(None, ddb.batch_get_item, RequestItems={users: {"Keys": [fresh() for _ in range(101)]}})


def test_a_transaction_is_done_or_not(ddb, users):
    a, b, c = fresh(), fresh(), fresh()
    ddb.put_item(TableName=users, Item=dict(a, n=N(1)))
    ddb.transact_write_items(TransactItems=[
        {"Update": {"TableName": users, "Key": a, "UpdateExpression": "ADD n :one", "ExpressionAttributeValues": {":one": N(1)}}},
        {"Put": {"TableName": users, "Item": b}},
        {"ConditionCheck": {"TableName": users, "Key": c, "ConditionExpression": "attribute_not_exists(pk)"}},
    ])
    got = ddb.transact_get_items(TransactItems=[{"Get": {"TableName": users, "Key": k}} for k in (a, b, c)])
    assert got["Responses"] == [{"Item": dict(a, n=N(2))}, {"Item": b}, {}]
    failed = refused("TransactionCanceledException",
                     "Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed]",
                     ddb.transact_write_items, TransactItems=[
                         {"Put": {"TableName": users, "Item": c}},
                         {"Delete": {"TableName": users, "Key": a, "ConditionExpression": "n > :n", "ExpressionAttributeValues": {":n": N(5)}, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}},
                     ])
    assert failed["CancellationReasons"] == [{"Code": "None"}, {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed", "Item": dict(a, n=N(2))}]
    assert "Item" not in ddb.get_item(TableName=users, Key=c)


def test_a_transaction_cannot_touch_an_item_twice(ddb, users):
    item = fresh()
    invalid("Transaction request cannot include multiple operations on one item", ddb.transact_write_items,
            TransactItems=[{"Put": {"TableName": users, "Item": item}}, {"Delete": {"TableName": users, "Key": item}}])


def test_a_transaction_with_a_token_is_done_once(ddb, users):
    item, token = fresh(), uuid.uuid4().hex[:30]
    action = [{"Update": {"TableName": users, "Key": item, "UpdateExpression": "ADD n :one", "ExpressionAttributeValues": {":one": N(1)}}}]
    for _ in range(2):
        ddb.transact_write_items(TransactItems=action, ClientRequestToken=token)
    assert ddb.get_item(TableName=users, Key=item)["Item"]["n"] == N(1)
    refused("IdempotentParameterMismatchException", None, ddb.transact_write_items, TransactItems=[{"Put": {"TableName": users, "Item": item}}], ClientRequestToken=token)


# ---- the older parameters


def test_older_parameters(ddb, users, orders):
    item = dict(fresh(), n=N(1), s={"SS": ["a", "b"]}, x=S("x"))
    key = {"pk": item["pk"]}
    ddb.put_item(TableName=users, Item=item, Expected={"pk": {"Exists": False}})
    refused("ConditionalCheckFailedException", None, ddb.put_item, TableName=users, Item=item, Expected={"n": {"Value": N(2)}})
    got = ddb.update_item(TableName=users, Key=key, ReturnValues="ALL_NEW", AttributeUpdates={
        "n": {"Action": "ADD", "Value": N(2)}, "s": {"Action": "DELETE", "Value": {"SS": ["a"]}}, "x": {"Action": "DELETE"}, "y": {"Value": S("y")}})
    assert got["Attributes"] == dict(key, n=N(3), s={"SS": ["b"]}, y=S("y"))
    assert ddb.get_item(TableName=users, Key=key, AttributesToGet=["n"])["Item"] == {"n": N(3)}
    got = ddb.query(TableName=orders, KeyConditions={"pk": {"ComparisonOperator": "EQ", "AttributeValueList": [S("p")]}, "sk": {"ComparisonOperator": "GT", "AttributeValueList": [N(5)]}},
                    QueryFilter={"g": {"ComparisonOperator": "EQ", "AttributeValueList": [S("g1")]}})
    assert [i["sk"] for i in got["Items"]] == [N(7), N(9)]
    invalid("Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {Expected} Expression parameters: {ConditionExpression}",
            ddb.put_item, TableName=users, Item=item, Expected={"pk": {"Exists": False}}, ConditionExpression="attribute_not_exists(pk)")


# ---- PartiQL


def test_statements(ddb, users):
    pk = uuid.uuid4().hex

    def do(text, *values):
        return ddb.execute_statement(Statement=text % users, Parameters=list(values))

    do("INSERT INTO \"%s\" VALUE {'pk': ?, 'n': 1, 'l': [1, 'x']}", S(pk))
    refused("DuplicateItemException", "Duplicate primary key exists in table", ddb.execute_statement, Statement="INSERT INTO \"%s\" VALUE {'pk': '%s'}" % (users, pk))
    assert do('SELECT * FROM "%s" WHERE pk = ?', S(pk))["Items"] == [{"pk": S(pk), "n": N(1), "l": {"L": [N(1), S("x")]}}]
    do('UPDATE "%s" SET n = n + 1 WHERE pk = ?', S(pk))
    assert do('SELECT n FROM "%s" WHERE pk = ? AND n > 1', S(pk))["Items"] == [{"n": N(2)}]
    do('DELETE FROM "%s" WHERE pk = ?', S(pk))
    assert do('SELECT * FROM "%s" WHERE pk = ?', S(pk))["Items"] == []


def test_account(ddb):
    limits = ddb.describe_limits()
    assert limits["AccountMaxReadCapacityUnits"] > 0 and limits["TableMaxWriteCapacityUnits"] > 0


def test_numbers_that_a_float_cannot_hold(ddb, users):
    item = fresh()
    ddb.put_item(TableName=users, Item=dict(item, n=N("99999999999999999999")))
    assert update(ddb, users, item, "SET n = n + :x", {":x": N("0.000000000000000001")})["n"] == N("99999999999999999999.000000000000000001")
