"""Writes what the shop's database has of a month to files of S3, one a table, and answers the id of the dump."""
import os
import re
import uuid

import aws
import database

TABLES = ["customers", "info_order", "leads"]


def handler(event, context):
    month = event["month"]
    if not re.fullmatch(r"\d{4}-\d{2}", month):
        raise ValueError(f"{month} is no month")
    guid = str(uuid.uuid4())
    for table in TABLES:
        rows = database.run("shop", f"SELECT * FROM {table} WHERE created LIKE '{month}-%' ORDER BY id")
        aws.put_object(os.environ["BUCKET"], f"{guid}/{table}.tsv", rows.encode())
    return guid
