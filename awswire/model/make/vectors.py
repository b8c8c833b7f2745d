#!/usr/bin/env python3
"""Makes awswire/codec/testdata/vectors.json.gz from the protocol tests in botocore's source archive.

    python3 vectors.py BOTOCORE-VERSION.tar.gz

They are the protocol tests of Smithy, in botocore's form: models, and what documents and HTTP messages they have for each other.
botocore is Copyright Amazon.com, Inc. or its affiliates, under the Apache License 2.0; see NOTICE. Documentation is left out.
"""

import gzip
import hashlib
import json
import os
import sys
import tarfile

TARGET = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "codec", "testdata", "vectors.json.gz")


def bare(v):
    if isinstance(v, dict):
        return {k: bare(e) for k, e in v.items() if k != "documentation" or not isinstance(e, str)}
    return [bare(e) for e in v] if isinstance(v, list) else v


def main():
    with open(sys.argv[1], "rb") as f:
        digest = hashlib.sha256(f.read()).hexdigest()
    suites = []
    with tarfile.open(sys.argv[1]) as archive:
        for member in sorted(archive.getmembers(), key=lambda m: m.name):
            _, found, name = member.name.partition("/tests/unit/protocols/")
            side, _, file = name.partition("/")
            if found and side in ("input", "output") and file.endswith(".json"):
                for suite in json.load(archive.extractfile(member)):
                    suites.append({"side": side, "file": file.removesuffix(".json"), **bare(suite)})
    data = {"source": os.path.basename(sys.argv[1]), "sha256": digest, "license": "Apache-2.0", "suites": suites}
    with open(TARGET, "wb") as f:
        f.write(gzip.compress(json.dumps(data, separators=(",", ":")).encode(), 9, mtime=0))
    print(len(suites), "suites,", sum(len(s["cases"]) for s in suites), "cases,", os.path.getsize(TARGET), "bytes")


if __name__ == "__main__":
    main()
