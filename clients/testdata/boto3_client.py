"""Goes through the life of a state machine with boto3. What is not as it should be raises."""
import json
import sys
import time

import boto3
from botocore.config import Config

sfn = boto3.client("stepfunctions")
role = "arn:aws:iam::000000000000:role/clients"


def refuses(error, call, **parameters):
    """Checks that a call fails with an error class of the client, known by its name."""
    try:
        call(**parameters)
    except getattr(sfn.exceptions, error) as e:
        assert e.response["Error"]["Code"] == error, e.response
        assert e.response["Error"]["Message"], e.response
        assert e.response["ResponseMetadata"]["HTTPStatusCode"] == 400, e.response
        return
    raise AssertionError(f"{call.__name__} was not refused with {error}")


def ended(arn):
    deadline = time.monotonic() + 30
    while True:
        execution = sfn.describe_execution(executionArn=arn)
        if execution["status"] != "RUNNING":
            return execution
        assert time.monotonic() < deadline, "the execution does not end"
        time.sleep(0.02)


def take(activity):
    task = sfn.get_activity_task(activityArn=activity, workerName="boto3")
    assert task.get("taskToken"), task
    return task


activity = sfn.create_activity(name="work")["activityArn"]
definition = open(sys.argv[1]).read().replace("ACTIVITY", activity)
created = sfn.create_state_machine(
    name="orders", definition=definition, roleArn=role, tags=[{"key": "team", "value": "blue"}])
machine = created["stateMachineArn"]
described = sfn.describe_state_machine(stateMachineArn=machine)
assert described["definition"] == definition and described["type"] == "STANDARD", described
assert described["creationDate"] == created["creationDate"], (created, described)

# A task that succeeds.
text = '{"order": 17, "note": "ümlaut"}'
started = sfn.start_execution(stateMachineArn=machine, name="first", input=text)
first = started["executionArn"]
task = take(activity)
assert json.loads(task["input"]) == json.loads(text), task
sfn.send_task_heartbeat(taskToken=task["taskToken"])
sfn.send_task_success(taskToken=task["taskToken"], output='{"done": 1}')
execution = ended(first)
assert execution["status"] == "SUCCEEDED" and execution["input"] == text, execution
assert json.loads(execution["output"]) == {**json.loads(text), "result": {"done": 1}, "marked": True}, execution
assert execution["startDate"] == started["startDate"] <= execution["stopDate"], execution

# Its history, in pages of three and from the end.
pages = list(sfn.get_paginator("get_execution_history").paginate(
    executionArn=first, PaginationConfig={"PageSize": 3}))
events = [event for page in pages for event in page["events"]]
assert len(pages) > 2 and all(len(page["events"]) <= 3 for page in pages), pages
assert [e["id"] for e in events] == list(range(1, len(events) + 1)), events
assert [e["type"] for e in events] == [
    "ExecutionStarted", "TaskStateEntered", "ActivityScheduled", "ActivityStarted", "ActivitySucceeded",
    "TaskStateExited", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"], events
assert events[3]["activityStartedEventDetails"]["workerName"] == "boto3", events[3]
back = sfn.get_execution_history(executionArn=first, reverseOrder=True, maxResults=1, includeExecutionData=False)
assert back["events"][0]["id"] == len(events) and "nextToken" in back, back

# A task that fails, and an execution that is stopped.
second = sfn.start_execution(stateMachineArn=machine, name="second", input="{}")["executionArn"]
sfn.send_task_failure(taskToken=take(activity)["taskToken"], error="Broken", cause="it fell")
execution = ended(second)
assert (execution["status"], execution["error"], execution["cause"]) == ("FAILED", "Broken", "it fell"), execution
third = sfn.start_execution(stateMachineArn=machine, name="third")["executionArn"]
sfn.stop_execution(executionArn=third, error="Enough", cause="no more")
assert ended(third)["status"] == "ABORTED"
listed = sfn.get_paginator("list_executions").paginate(stateMachineArn=machine, PaginationConfig={"PageSize": 1})
assert [(e["name"], e["status"]) for page in listed for e in page["executions"]] == [
    ("third", "ABORTED"), ("second", "FAILED"), ("first", "SUCCEEDED")]

# Versions and an alias.
version = sfn.publish_state_machine_version(stateMachineArn=machine)["stateMachineVersionArn"]
assert version == machine + ":1", version
assert sfn.publish_state_machine_version(stateMachineArn=machine, revisionId="INITIAL")["stateMachineVersionArn"] == version
alias = sfn.create_state_machine_alias(
    name="live", routingConfiguration=[{"stateMachineVersionArn": version, "weight": 100}])["stateMachineAliasArn"]
described = sfn.describe_state_machine_alias(stateMachineAliasArn=alias)
assert described["routingConfiguration"] == [{"stateMachineVersionArn": version, "weight": 100}], described
execution = sfn.start_execution(stateMachineArn=alias, name="fourth")["executionArn"]
sfn.stop_execution(executionArn=execution)
execution = ended(execution)
assert (execution["stateMachineVersionArn"], execution["stateMachineAliasArn"]) == (version, alias), execution
assert [e["name"] for e in sfn.list_executions(stateMachineArn=version)["executions"]] == ["fourth"]
refuses("ConflictException", sfn.delete_state_machine_version, stateMachineVersionArn=version)
sfn.delete_state_machine_alias(stateMachineAliasArn=alias)
sfn.delete_state_machine_version(stateMachineVersionArn=version)
assert sfn.list_state_machine_versions(stateMachineArn=machine)["stateMachineVersions"] == []

# Tags.
sfn.tag_resource(resourceArn=machine, tags=[{"key": "stage", "value": "test"}])
sfn.untag_resource(resourceArn=machine, tagKeys=["team"])
assert sfn.list_tags_for_resource(resourceArn=machine)["tags"] == [{"key": "stage", "value": "test"}]

# Errors, by class.
refuses("InvalidDefinition", sfn.create_state_machine, name="bad", definition="{}", roleArn=role)
refuses("InvalidName", sfn.create_state_machine, name="a b", definition=definition, roleArn=role)
refuses("InvalidArn", sfn.describe_state_machine, stateMachineArn="arn:aws:states:nonsense")
refuses("StateMachineDoesNotExist", sfn.describe_state_machine, stateMachineArn=machine + "x")
refuses("StateMachineAlreadyExists", sfn.create_state_machine, name="orders", roleArn=role,
        definition=definition.replace("60", "61"))
refuses("ExecutionDoesNotExist", sfn.describe_execution, executionArn=first + "x")
refuses("ExecutionAlreadyExists", sfn.start_execution, stateMachineArn=machine, name="first", input="{}")
refuses("InvalidExecutionInput", sfn.start_execution, stateMachineArn=machine, input="{")
refuses("ActivityDoesNotExist", sfn.describe_activity, activityArn=activity + "x")
refuses("InvalidToken", sfn.send_task_success, taskToken="nonsense", output="{}")
refuses("TaskTimedOut", sfn.send_task_success, taskToken=task["taskToken"], output="{}")
refuses("InvalidOutput", sfn.send_task_success, taskToken=task["taskToken"], output="{")

# The end.
sfn.delete_state_machine(stateMachineArn=machine)
sfn.delete_activity(activityArn=activity)
refuses("ActivityDoesNotExist", sfn.describe_activity, activityArn=activity)

# A state alone, for which boto3 puts "sync-" before the host unless it is told not to.
test = boto3.client("stepfunctions", config=Config(inject_host_prefix=False))
tested = test.test_state(
    definition=json.dumps({"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": "Done",
                           "Parameters": {"FunctionName": "f", "Payload.$": "$.order"}, "OutputPath": "$.Payload"}),
    input='{"order": 17}', inspectionLevel="DEBUG", mock={"result": '{"StatusCode": 200, "Payload": {"ok": true}}'})
assert tested["status"] == "SUCCEEDED" and tested["nextState"] == "Done", tested
assert json.loads(tested["output"]) == {"ok": True}, tested
assert json.loads(tested["inspectionData"]["afterParameters"]) == {"FunctionName": "f", "Payload": 17}, tested
tested = test.test_state(
    definition=json.dumps({"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True,
                           "Parameters": {"FunctionName": "f"}, "Retry": [{"ErrorEquals": ["Slow"], "IntervalSeconds": 5}]}),
    inspectionLevel="DEBUG", mock={"errorOutput": {"error": "Slow", "cause": "no"}}, stateConfiguration={"retrierRetryCount": 1})
assert tested["status"] == "RETRIABLE", tested
assert tested["inspectionData"]["errorDetails"] == {"retryIndex": 0, "retryBackoffIntervalSeconds": 10}, tested
refuses("ValidationException", test.test_state, definition=json.dumps({"Type": "Succeed"}), mock={"result": "{}"})
print("boto3", boto3.__version__, "ok")
