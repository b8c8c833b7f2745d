ADDRESSES = {"ada": "12 St James's Square, London"}


def handler(event, context):
    return {"address": ADDRESSES[event["customer"]]}
