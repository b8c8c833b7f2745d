#!/usr/bin/env python3
"""Makes ../models.bin, the table of AWS's services, from the models that come with botocore.

    python3 models.py [--check]

--check says whether these models make the content of the table that is there (PROVENANCE.json); it packs nothing. What is taken are names, kinds, places and
constraints; no documentation. botocore is Copyright Amazon.com, Inc. or its affiliates, under the Apache License 2.0; see NOTICE.

The file: "SLM" and a version byte; the length of the index as varint and the index in zstd; a frame of zstd for each service;
one with the endpoints as text. The endpoints are those that botocore's own rules give, asked for every region that they know.
A frame is columns, one after the other, each with its length before it: things that are alike lie together and pack better.
Numbers are unsigned varints (signed ones zigzag). A text or a shape that is used for the first time is 0, in the order of
the columns "texts" and "shapes"; one used again is its number, from 1. load.go reads it and has the same lists of flags.
"""

import argparse
import collections
import hashlib
import json
import os
import subprocess
import sys
import tempfile

import botocore
import botocore.session
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import BotoCoreError

VERSION = 1
LEVEL = 19
HERE = os.path.dirname(os.path.abspath(__file__))
TARGET = os.path.join(HERE, "..", "models.bin")
PROVENANCE = os.path.join(HERE, "PROVENANCE.json")

# The services whose constraints are kept: those that are built in.
BUILT_IN = {"dynamodb", "sqs", "sns", "s3", "events", "logs", "secretsmanager", "ssm", "sts", "batch", "ecs", "glue",
            "lambda", "stepfunctions", "scheduler"}

PROTOCOLS = {"json": 1, "rest-json": 2, "rest-xml": 3, "query": 4, "ec2": 5, "smithy-rpc-v2-cbor": 6}
PREFERRED = ["json", "rest-json", "rest-xml", "query", "ec2", "smithy-rpc-v2-cbor"]
KINDS = ["string", "integer", "long", "float", "double", "boolean", "timestamp", "blob", "list", "map", "structure"]
KIND = {name: i + 1 for i, name in enumerate(KINDS)} | {"character": 1}
QUERY_STRINGS = 3
LOCATIONS = {"uri": 1, "querystring": 2, "header": 4, "headers": 5, "statusCode": 6}

# Flags of a shape, in the order in which what belongs to them follows.
SHAPE_FLAGS = ["name", "payload", "keyName", "elemName", "flattened", "streaming", "eventStream", "document", "union",
               "timeFormat", "xmlName", "xmlNamespace", "xmlPrefix", "error", "errorCode", "errorStatus", "fault", "sensitive",
               "min", "max", "enum", "pattern", "bounds", "sparse"]
MEMBER_FLAGS = ["required", "location", "wire", "flattened", "attribute", "token", "hostLabel", "jsonValue", "streaming",
                "queryName", "xmlNamespace", "xmlPrefix"]
OPERATION_FLAGS = ["method", "path", "status", "input", "output", "errors", "hostPrefix", "checksum", "unsigned", "unsignedBody",
                   "resultWrapper", "checksumMember", "deprecated"]

# SQS spoke the query protocol before, and still does. Its model has the names of JSON alone; these are the others: of members
# that are lists or maps, and of the parts of a map. Source: the SQS API reference, "Making Query API requests".
SQS_QUERY_NAMES = {
    "AWSAccountIds": "AWSAccountId", "Actions": "ActionName", "AttributeNames": "AttributeName",
    "MessageSystemAttributeNames": "MessageSystemAttributeName", "MessageAttributeNames": "MessageAttributeName",
    "Attributes": "Attribute", "MessageAttributes": "MessageAttribute", "MessageSystemAttributes": "MessageSystemAttribute",
    "TagKeys": "TagKey", "Tags": "Tag", "tags": "Tag", "Messages": "Message", "QueueUrls": "QueueUrl", "queueUrls": "QueueUrl",
}
# Lists of entries are named after what they hold. What errors are called there; the others have the name of their shape.
SQS_CODES = {
    "QueueDoesNotExist": "AWS.SimpleQueueService.NonExistentQueue", "QueueNameExists": "QueueAlreadyExists",
    "KmsAccessDenied": "KMS.AccessDeniedException", "KmsDisabled": "KMS.DisabledException",
    "KmsInvalidKeyUsage": "KMS.InvalidKeyUsageException", "KmsInvalidState": "KMS.InvalidStateException",
    "KmsNotFound": "KMS.NotFoundException", "KmsOptInRequired": "KMS.OptInRequired", "KmsThrottled": "KMS.ThrottlingException",
} | {name: "AWS.SimpleQueueService." + name for name in (
    "BatchEntryIdsNotDistinct", "BatchRequestTooLong", "EmptyBatchRequest", "InvalidBatchEntryId", "MessageNotInflight",
    "PurgeQueueInProgress", "QueueDeletedRecently", "TooManyEntriesInBatchRequest", "UnsupportedOperation")}
SQS_MAPS = {"QueueAttributeMap": "Name", "MessageSystemAttributeMap": "Name", "MessageBodyAttributeMap": "Name",
            "MessageBodySystemAttributeMap": "Name", "TagMap": "Key"}


def varint(n):
    out = bytearray()
    while n >= 0x80:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def zigzag(n):
    return varint(n << 1 if n >= 0 else (-n << 1) - 1)


class Table:
    """What of one service is kept, as lists of fields."""

    def __init__(self, name, model):
        self.name, self.model = name, model
        self.constraints = name in BUILT_IN
        self.number, self.shapes = {}, []  # by what a shape is; breadth first, so that they are written in the order of first use

    # shapes

    def shape(self, name, **more):
        """Returns the number of a shape, of which more is known where it is used."""
        fields = self.scalar(name) | more
        key = json.dumps(fields, sort_keys=True)
        if fields["kind"] in ("structure", "list", "map"):
            key = (name, tuple(sorted(more.items())))
        if key not in self.number:
            self.number[key] = len(self.shapes)
            self.shapes.append((name, fields))
        return self.number[key]

    def fill(self, number):
        """Adds what the shape of that number contains, and makes it the fields alone."""
        name, fields = self.shapes[number]
        self.shapes[number] = fields
        source, kind = self.model["shapes"][name], fields["kind"]
        if kind == "structure" and (self.constraints or fields.get("error")):
            fields["name"] = name
        if kind == "structure":
            fields["members"] = [self.member(n, m, source) for n, m in source.get("members", {}).items()]
        elif kind == "list":
            ref = source["member"]
            fields["elem"] = self.shape(ref["shape"], **ref_traits(ref))
            fields["elemName"] = ref.get("locationName") or self.model["shapes"][ref["shape"]].get("locationName")
        elif kind == "map":
            fields["key"] = self.shape(source["key"]["shape"])
            fields["elem"] = self.shape(source["value"]["shape"])
            fields["keyName"] = source["key"].get("locationName")
            fields["elemName"] = source["value"].get("locationName")
            if self.name == "sqs":
                fields["keyName"], fields["elemName"] = SQS_MAPS[name], "Value"

    def scalar(self, name):
        """What a shape says of itself, without what it contains."""
        s = self.model["shapes"][name]
        fields = {"kind": KINDS[KIND[s["type"]] - 1]}
        for key in ("payload", "flattened", "streaming", "document", "union", "sensitive", "sparse"):
            if s.get(key):
                fields[key] = s[key]
        fields["eventStream"] = s.get("eventstream")
        fields["timeFormat"] = s.get("timestampFormat")
        if s["type"] == "structure":
            fields["xmlName"] = s.get("locationName")
            namespace = s.get("xmlNamespace") or {}
            fields["xmlNamespace"], fields["xmlPrefix"] = namespace.get("uri"), namespace.get("prefix")
        if s.get("exception") or s.get("error") or s.get("fault"):
            error = s.get("error") or {}
            fields["error"], fields["fault"] = True, s.get("fault") or error.get("fault")
            fields["errorCode"] = error.get("code") if error.get("code") != name else None
            fields["errorStatus"] = error.get("httpStatusCode")
            if self.name == "sqs":
                fields["errorCode"] = SQS_CODES.get(name)
        if self.constraints:
            self.constrain(fields, s)
        return {k: v for k, v in fields.items() if v or k == "kind"}

    @staticmethod
    def constrain(fields, s):
        low, high = s.get("min"), s.get("max")
        if "min" in s or "max" in s:
            if all(n is None or n == int(n) for n in (low, high)):
                fields["min"], fields["max"] = low and int(low), high and int(high)
                fields["bounds"] = (low is not None) + 2 * (high is not None)
        fields["enum"], fields["pattern"] = s.get("enum"), s.get("pattern")

    def member(self, name, ref, source):
        target = self.model["shapes"][ref["shape"]]
        namespace = ref.get("xmlNamespace") or target.get("xmlNamespace") or {}
        wire = ref.get("locationName") or target.get("locationName")
        location = LOCATIONS[ref["location"]] if "location" in ref else 0
        if ref.get("location") == "querystring" and target["type"] == "map":
            location = QUERY_STRINGS  # its keys are the names of parameters
        fields = {
            "name": name, "shape": self.shape(ref["shape"], **ref_traits(ref)), "required": name in source.get("required", ()),
            "location": location, "wire": wire if wire != name else None,
            "flattened": ref.get("flattened") or target.get("flattened"), "attribute": ref.get("xmlAttribute"),
            "token": ref.get("idempotencyToken"), "hostLabel": ref.get("hostLabel"), "jsonValue": ref.get("jsonvalue"),
            "streaming": ref.get("streaming") or target.get("streaming"), "queryName": ref.get("queryName"),
            "xmlNamespace": namespace.get("uri"), "xmlPrefix": namespace.get("prefix"),
        }
        if self.name == "sqs" and target["type"] in ("list", "map"):
            fields["queryName"] = (ref["shape"].removesuffix("List") if ref["shape"].endswith("EntryList") else SQS_QUERY_NAMES.get(name))
        return fields

    # operations

    def operation(self, name, o):
        http = o["http"]
        checksum = o.get("httpChecksum") or {}
        auth = o.get("authtype")
        fields = {
            "name": name, "method": http["method"] if http["method"] != "POST" else None,
            "path": http["requestUri"] if http["requestUri"] != "/" else None,
            "status": http.get("responseCode") if http.get("responseCode") != 200 else None,
            "hostPrefix": (o.get("endpoint") or {}).get("hostPrefix"),
            "checksum": o.get("httpChecksumRequired") or checksum.get("requestChecksumRequired"),
            "checksumMember": checksum.get("requestAlgorithmMember"),
            "unsigned": auth == "none" or o.get("auth") == ["smithy.api#noAuth"], "unsignedBody": auth == "v4-unsigned-body",
            "resultWrapper": (o.get("output") or {}).get("resultWrapper"), "deprecated": o.get("deprecated"),
        }
        if "input" in o:
            ref, more = o["input"], {}
            if ref.get("locationName"):
                more = {"xmlName": ref["locationName"], "xmlNamespace": ref["xmlNamespace"]["uri"]}
            fields["input"] = self.shape(ref["shape"], **more)
        if "output" in o:
            fields["output"] = self.shape(o["output"]["shape"])
        fields["errors"] = [self.shape(e["shape"]) for e in o.get("errors", ())]
        return fields

    def frame(self):
        m = self.model["metadata"]
        operations = [self.operation(n, o) for n, o in sorted(self.model["operations"].items())]
        protocols = m.get("protocols") or [m["protocol"]]
        w = Writer()
        for key in ("serviceId", "endpointPrefix", "signingName", "targetPrefix", "jsonVersion", "apiVersion", "xmlNamespace",
                    "signatureVersion"):
            w.text("service", m.get(key) or "")
        w.num("service", PROTOCOLS[next(p for p in PREFERRED if p in protocols)])
        w.nums("service", [PROTOCOLS[p] for p in protocols])
        w.num("service", "awsQueryCompatible" in m)
        w.num("service", self.constraints)
        w.num("service", len(operations))
        for o in operations:
            write_operation(w, o)
        number = 0
        while number < len(self.shapes):
            self.fill(number)
            write_shape(w, self.shapes[number])
            number += 1
        w.num("service", len(self.shapes))
        w.num("service", sum(len(s.get("members", ())) for s in self.shapes))
        return w.frame()


def ref_traits(ref):
    """What the use of a shape says that the shape itself has a place for."""
    return {"timeFormat": ref["timestampFormat"]} if ref.get("timestampFormat") else {}


class Writer:
    """A frame: columns of numbers and texts."""

    COLUMNS = ["service", "operation", "operationName", "error", "kind", "shape", "shapeText", "count", "memberName", "memberShape",
               "memberFlags", "member", "memberText", "constraint", "word"]

    def __init__(self):
        self.columns = {name: bytearray() for name in self.COLUMNS}
        self.texts, self.shapes = {}, 0

    def num(self, column, n):
        self.columns[column] += varint(int(n))

    def signed(self, column, n):
        self.columns[column] += zigzag(n)

    def text(self, column, s):
        if s in self.texts:
            return self.num(column, self.texts[s])
        self.texts[s] = len(self.texts) + 1
        self.num(column, 0)

    def shape(self, column, n):
        """Refers to a shape. Those that are new come in the order of their numbers."""
        assert n <= self.shapes
        self.num(column, 0 if n == self.shapes else n + 1)
        self.shapes = max(self.shapes, n + 1)

    def nums(self, column, many):
        self.num(column, len(many))
        for n in many:
            self.num(column, n)

    def flags(self, column, names, fields):
        self.num(column, sum(1 << i for i, name in enumerate(names) if fields.get(name)))

    def frame(self):
        raw = [t.encode() for t in self.texts]
        columns = [varint(len(raw)) + b"".join(varint(len(t)) for t in raw), b"".join(raw)]
        columns += [bytes(self.columns[name]) for name in self.COLUMNS]
        return b"".join(varint(len(c)) + c for c in columns)


def write_shape(w, s):
    w.num("kind", KIND[s["kind"]])
    w.flags("shape", SHAPE_FLAGS, s)
    for name in SHAPE_FLAGS:
        v = s.get(name)
        if not v:
            continue
        if name == "pattern":
            w.text("word", v)
        elif isinstance(v, str):
            w.text("shapeText", v)
        elif name == "errorStatus":
            w.num("shape", v)
        elif name == "bounds":
            w.num("constraint", v)
        elif name in ("min", "max"):
            w.signed("constraint", v)
        elif name == "enum":
            w.num("constraint", len(v))
            for word in v:
                w.text("word", word)
    if s["kind"] == "structure":
        w.num("count", len(s["members"]))
        for m in s["members"]:
            write_member(w, m)
    elif s["kind"] == "map":
        w.shape("memberShape", s["key"])
    if s["kind"] in ("list", "map"):
        w.shape("memberShape", s["elem"])


def write_member(w, m):
    w.text("memberName", m["name"])
    w.shape("memberShape", m["shape"])
    w.flags("memberFlags", MEMBER_FLAGS, m)
    for name in MEMBER_FLAGS:
        v = m.get(name)
        if not v:
            continue
        if name == "location":
            w.num("member", v)
        elif isinstance(v, str):
            w.text("memberText", v)


def write_operation(w, o):
    w.text("operationName", o["name"])
    w.flags("operation", OPERATION_FLAGS, o | {k: k in o for k in ("input", "output")})
    for name in OPERATION_FLAGS:
        v = o.get(name)
        if name in ("input", "output"):
            if v is not None:
                w.shape("operation", v)
        elif not v:
            continue
        elif name == "status":
            w.num("operation", v)
        elif name == "errors":
            w.num("error", len(v))
            for n in v:
                w.shape("error", n)
        elif isinstance(v, str):
            w.text("operation", v)


USUAL = ("{prefix}.{region}.{suffix}", "{region}")


class Endpoints:
    """Where services are, as lines of text.

    partition ID SUFFIX DUAL-STACK-SUFFIX REGION-PATTERN
    SERVICE WHERE HOST SIGNING-REGION

    WHERE is * (everywhere), a partition or a region; the most special line holds. In a host {region}, {suffix} and {dual}
    stand for those of the request. A service without a line is at {prefix}.{region}.{suffix}.
    """

    def __init__(self, loader):
        self.loader, self.rules = loader, loader.load_data("partitions")
        self.partitions = self.rules["partitions"]
        self.lines = [f"partition {p['id']} {p['outputs']['dnsSuffix']} {p['outputs']['dualStackDnsSuffix']} {p['regionRegex']}"
                      for p in self.partitions]

    def add(self, name, prefix):
        provider = EndpointProvider(self.loader.load_service_model(name, "endpoint-rule-set-1"), self.rules)
        parameters = self.loader.load_service_model(name, "endpoint-rule-set-1")["parameters"]
        best, special = {}, []
        for p in self.partitions:
            asked = {r: self.resolve(provider, parameters, r) for r in p["regions"] if "global" not in r}
            asked = {r: e for r, e in asked.items() if e}
            votes = collections.Counter(form for r, e in asked.items() for form in self.forms(p, prefix, r, e))
            if not votes:
                continue
            # The form that is true of most regions; of those, the usual one.
            best[p["id"]] = form = max(votes, key=lambda f: (votes[f], f == USUAL, f))
            special += [(r, min(self.forms(p, prefix, r, e))) for r, e in asked.items() if form not in self.forms(p, prefix, r, e)]
        everywhere = collections.Counter(best.values()).most_common(1)[0][0] if best else USUAL
        if everywhere != USUAL:
            self.lines.append(" ".join((name, "*", *everywhere)))
        for where, form in [*best.items(), *special]:
            if form != everywhere or where not in best:
                self.lines.append(" ".join((name, where, *(f.replace("{prefix}", prefix) for f in form))))

    @staticmethod
    def resolve(provider, parameters, region):
        args = {n: region if p["builtIn"] == "AWS::Region" else False for n, p in parameters.items()
                if p.get("builtIn") in ("AWS::Region", "AWS::UseFIPS", "AWS::UseDualStack")}
        try:
            endpoint = provider.resolve_endpoint(**args)
        except BotoCoreError:
            return None
        scheme = (endpoint.properties.get("authSchemes") or [{}])[0]
        signing = scheme.get("signingRegion") or region
        assert endpoint.url.startswith("https://")
        return endpoint.url.removeprefix("https://"), signing

    @staticmethod
    def forms(p, prefix, region, endpoint):
        """All the ways to write an endpoint with placeholders."""
        host, signing = endpoint
        for text, name in ((p["outputs"]["dualStackDnsSuffix"], "{dual}"), (p["outputs"]["dnsSuffix"], "{suffix}")):
            if host.partition("/")[0].endswith("." + text):
                head, _, tail = host.partition("." + text)
                host = head + "." + name + tail
                break
        hosts = {host, host.replace("." + region + ".", ".{region}."), host.replace(region + ".", "{region}.", 1) if host.startswith(region + ".") else host}
        hosts |= {h.replace(prefix + ".{region}.{suffix}", USUAL[0]) if h == prefix + ".{region}.{suffix}" else h for h in hosts}
        return {(h, s) for h in hosts for s in {signing, "{region}" if signing == region else signing}}

    def frame(self):
        return "\n".join(self.lines).encode()


def packed(data):
    with tempfile.NamedTemporaryFile() as f:
        f.write(data)
        f.flush()
        return subprocess.run(["zstd", f"-{LEVEL}", "--single-thread", "--no-check", "-q", "-c", f.name], check=True,
                              capture_output=True).stdout


def make(pack):
    """Returns the file, or None without pack, and what is to be known about it."""
    loader = botocore.session.Session().get_component("data_loader")
    names = loader.list_available_services("service-2")
    index, frames, source, content = Writer(), [], hashlib.sha256(), hashlib.sha256()
    endpoints = Endpoints(loader)
    operations = shapes = 0
    index.num("service", len(names))
    for name in names:
        model = loader.load_service_model(name, "service-2")
        source.update(json.dumps(model, sort_keys=True).encode())
        table = Table(name, model)
        frame = table.frame()
        operations, shapes = operations + len(model["operations"]), shapes + len(table.shapes)
        content.update(frame)
        frames.append(packed(frame) if pack else b"")
        meta = model["metadata"]
        for text in (name, meta["serviceId"], meta.get("signingName") or meta["endpointPrefix"], meta.get("targetPrefix") or ""):
            index.text("service", text)
        index.num("service", len(frames[-1]))
        endpoints.add(name, meta["endpointPrefix"])
    content.update(endpoints.frame())
    about = {
        "source": "botocore", "version": botocore.__version__, "license": "Apache-2.0", "models_sha256": source.hexdigest(),
        "content_sha256": content.hexdigest(), "services": len(names), "operations": operations, "shapes": shapes,
    }
    if not pack:
        return None, about
    frames.append(packed(endpoints.frame()))
    head = packed(index.frame())
    data = b"".join([b"SLM", bytes([VERSION]), varint(len(head)), head, *frames])
    return data, about | {
        "zstd": subprocess.run(["zstd", "--version"], check=True, capture_output=True, text=True).stdout.split("v")[1].split(",")[0],
        "file_sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data),
    }


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--check", action="store_true")
    args = args.parse_args()
    data, about = make(not args.check)
    if args.check:
        with open(PROVENANCE) as f:
            there = json.load(f)
        differs = [key for key, text in about.items() if there[key] != text]
        print("differs in " + ", ".join(differs) if differs else "the same")
        sys.exit(1 if differs else 0)
    with open(TARGET, "wb") as f:
        f.write(data)
    with open(PROVENANCE, "w") as f:
        json.dump(about, f, indent=1)
        f.write("\n")
    print(json.dumps(about))


if __name__ == "__main__":
    main()
