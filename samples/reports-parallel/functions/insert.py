"""Loads some files of a dump into the database of reports: those of the tables in the variable TABLES.

A row that is there already is replaced, so that a second run of the function changes nothing.
"""
import os

import aws
import database


def handler(event, context):
    return {table: load(event["guid"], table) for table in os.environ["TABLES"].split()}


def load(guid, table):
    rows = aws.get_object(os.environ["BUCKET"], f"{guid}/{table}.tsv").decode().splitlines()
    values = ["(" + ", ".join(database.text(field) for field in row.split("\t")) + ")" for row in rows]
    if values:
        database.run("reports", f"REPLACE INTO {table} VALUES {', '.join(values)}")
    return len(values)
