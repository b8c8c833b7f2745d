"""Does with botocore what botocore_test.go has done with package codec: reads lines of JSON, answers each with one.

{"do": "write", service, operation, protocol, input}: the HTTP request that botocore makes of a document.
{"do": "read", service, operation, protocol, status, headers, body}: the document that botocore makes of an answer.
{"do": "version"}: that of botocore.
{"do": "endpoints", services}: [service, region, host, signing region] in all regions.
"""

import base64
import datetime
import io
import json
import sys

import botocore
import botocore.loaders
import botocore.parsers
import botocore.serialize
from botocore.awsrequest import HeadersDict, create_request_object, prepare_request_dict
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import BotoCoreError
from botocore.model import ServiceModel

PROTOCOLS = {1: "json", 2: "rest-json", 3: "rest-xml", 4: "query", 5: "ec2", 6: "smithy-rpc-v2-cbor"}
LOADER = botocore.loaders.Loader()
MODELS = {}


def operation(q):
    name = q["service"]
    if name not in MODELS:
        MODELS.clear()
        MODELS[name] = ServiceModel(LOADER.load_service_model(name, "service-2"), name)
    return MODELS[name].operation_model(q["operation"])


def params(v, shape):
    """Makes of a document what botocore takes."""
    kind = shape.type_name
    if getattr(shape, "is_document_type", False) or shape.serialization.get("jsonvalue"):
        return v
    if kind == "structure":
        return {n: params(m, shape.members[n]) for n, m in v.items()}
    if kind == "list":
        return [params(e, shape.member) for e in v]
    if kind == "map":
        return {k: params(e, shape.value) for k, e in v.items()}
    if kind == "blob":
        return base64.b64decode(v)
    if kind == "timestamp":
        return datetime.datetime.fromtimestamp(v, datetime.timezone.utc)
    return v


def document(v):
    """Makes a document of what botocore gives."""
    if isinstance(v, dict):
        return {k: document(e) for k, e in v.items()}
    if isinstance(v, list):
        return [document(e) for e in v]
    if isinstance(v, bytes):
        return base64.b64encode(v).decode()
    if isinstance(v, datetime.datetime):
        return v.timestamp()
    return v


def write(q):
    model = operation(q)
    serializer = botocore.serialize.create_serializer(PROTOCOLS[q["protocol"]], include_validation=False)
    given = params(q["input"], model.input_shape) if model.input_shape else {}
    request = serializer.serialize_to_request(given, model)
    prefix = request.pop("host_prefix", None)
    prepare_request_dict(request, endpoint_url="http://localhost:1")
    body = request["body"]
    prepared = create_request_object(request).prepare()
    if isinstance(body, dict):
        body = prepared.body
    if isinstance(body, str):
        body = body.encode()
    headers = {k: v.decode() if isinstance(v, bytes) else str(v) for k, v in request["headers"].items()}
    return {"method": prepared.method, "url": prepared.url, "headers": headers, "body": base64.b64encode(body).decode(), "prefix": prefix or ""}


class Raw(io.BytesIO):
    def stream(self, *_, **__):
        return iter(lambda: self.read(65536), b"")


def read(q):
    model = operation(q)
    body = base64.b64decode(q["body"])
    if model.has_streaming_output:
        body = Raw(body)
    parser = botocore.parsers.create_parser(PROTOCOLS[q["protocol"]])
    headers = HeadersDict(q["headers"])
    out = parser.parse({"status_code": q["status"], "headers": headers, "body": body, "context": {}}, model.output_shape)
    out.pop("ResponseMetadata", None)
    if model.has_streaming_output:
        out.pop(model.output_shape.serialization["payload"], None)
    return document(out)


def endpoints(q):
    rules, found = LOADER.load_data("partitions"), []
    for name in q["services"]:
        rule = LOADER.load_service_model(name, "endpoint-rule-set-1")
        provider = EndpointProvider(rule, rules)
        for p in rules["partitions"]:
            for region in p["regions"]:
                if "global" in region:
                    continue
                args = {n: region if d["builtIn"] == "AWS::Region" else False for n, d in rule["parameters"].items()
                        if d.get("builtIn") in ("AWS::Region", "AWS::UseFIPS", "AWS::UseDualStack")}
                try:
                    e = provider.resolve_endpoint(**args)
                except BotoCoreError:
                    continue
                scheme = (e.properties.get("authSchemes") or [{}])[0]
                found.append([name, region, e.url.removeprefix("https://"), scheme.get("signingRegion") or region])
    return found


DO = {"write": write, "read": read, "endpoints": endpoints, "version": lambda _: botocore.__version__}

for line in sys.stdin:
    q = json.loads(line)
    try:
        answer = {"ok": DO[q["do"]](q)}
    except Exception as e:  # the test says what it was
        answer = {"failed": f"{type(e).__name__}: {e}"}
    print(json.dumps(answer, default=str), flush=True)
