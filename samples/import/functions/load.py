"""Adds up orders in euros. The rates stand in a file beside this one that is read anew each time, so that it can be mended."""
import json
import pathlib
import time
from decimal import Decimal

RATES = pathlib.Path(__file__).with_name("rates.json")


def handler(event, context):
    rates = json.loads(RATES.read_text())
    time.sleep(0.1)  # what does more than this example takes its time, too
    total = Decimal(0)
    for order in event:
        total += Decimal(order["amount"]) * Decimal(str(rates[order["currency"]]))
    return {"orders": len(event), "euros": str(total)}
