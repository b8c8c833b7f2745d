"""Loads the files of a dump into the database of reports. It is given the id of the dump alone, by InputPath.

A row that is there already is replaced, so that a second run of the function changes nothing.
"""
import os

import aws
import database

TABLES = ["customers", "info_order", "leads"]


def handler(event, context):
    return {"tables": {table: load(event, table) for table in TABLES}}


def load(guid, table):
    rows = aws.get_object(os.environ["BUCKET"], f"{guid}/{table}.tsv").decode().splitlines()
    values = ["(" + ", ".join(database.text(field) for field in row.split("\t")) + ")" for row in rows]
    if values:
        database.run("reports", f"REPLACE INTO {table} VALUES {', '.join(values)}")
    return len(values)
