"""Calls of boto3 on a fresh API: every operation once, and errors by the names of their classes."""
import datetime
import sys

import boto3
from botocore.config import Config

client = boto3.client("stepfunctions", endpoint_url=sys.argv[1],
                      config=Config(parameter_validation=False, retries={"total_max_attempts": 1}))
ROLE = "arn:aws:iam::123456789012:role/r"
PASS = '{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}'


def refused(error, call, **arguments):
    """The call has to raise the error of that name; returns what it says."""
    try:
        getattr(client, call)(**arguments)
    except getattr(client.exceptions, error, client.exceptions.ClientError) as e:
        assert e.response["Error"]["Code"] == error, e
        assert e.response["ResponseMetadata"]["RequestId"], e.response
        return e.response["Error"]["Message"]
    raise AssertionError(f"{call} was not refused with {error}")


machine = client.create_state_machine(name="py", definition=PASS, roleArn=ROLE)["stateMachineArn"]
described = client.describe_state_machine(stateMachineArn=machine)
assert described["definition"] == PASS and described["loggingConfiguration"]["level"] == "OFF", described
assert isinstance(described["creationDate"], datetime.datetime), described
assert "revisionId" in client.update_state_machine(stateMachineArn=machine, roleArn=ROLE + "2")
assert machine in [m["stateMachineArn"] for m in client.list_state_machines()["stateMachines"]]
assert client.validate_state_machine_definition(definition=PASS)["result"] == "OK"

execution = client.start_execution(stateMachineArn=machine, name="x")["executionArn"]
assert client.describe_execution(executionArn=execution)["status"] == "RUNNING"
assert client.describe_state_machine_for_execution(executionArn=execution)["name"] == "py"
assert len(client.list_executions(stateMachineArn=machine)["executions"]) == 1
events = client.get_execution_history(executionArn=execution, reverseOrder=True)["events"]
assert [e["id"] for e in events] == [3, 2, 1], events
assert client.stop_execution(executionArn=execution, error="E", cause="C")["stopDate"]
assert client.describe_execution(executionArn=execution)["cause"] == "C"

activity = client.create_activity(name="py", tags=[{"key": "k", "value": "v"}])["activityArn"]
assert client.describe_activity(activityArn=activity)["name"] == "py"
assert len(client.list_activities()["activities"]) == 1
client.get_activity_task(activityArn=activity)
client.send_task_heartbeat(taskToken="live")
client.send_task_success(taskToken="live", output="{}")
client.send_task_failure(taskToken="live")
client.tag_resource(resourceArn=activity, tags=[{"key": "l", "value": ""}])
client.untag_resource(resourceArn=activity, tagKeys=["k"])
assert client.list_tags_for_resource(resourceArn=activity)["tags"] == [{"key": "l", "value": ""}]

refused("InvalidName", "create_activity", name="a b")
refused("InvalidArn", "describe_activity", activityArn="x")
refused("InvalidDefinition", "create_state_machine", name="n", definition="{", roleArn=ROLE)
refused("InvalidExecutionInput", "start_execution", stateMachineArn=machine, input="{")
refused("ExecutionAlreadyExists", "start_execution", stateMachineArn=machine, name="x")
refused("ExecutionDoesNotExist", "describe_execution", executionArn=execution + "y")
refused("StateMachineAlreadyExists", "create_state_machine", name="py", definition=PASS, roleArn=ROLE, type="EXPRESS")
refused("InvalidLoggingConfiguration", "create_state_machine", name="n", definition=PASS, roleArn=ROLE,
        loggingConfiguration={"level": "ALL"})
refused("InvalidOutput", "send_task_success", taskToken="live", output="{")
refused("TaskTimedOut", "send_task_heartbeat", taskToken="gone")
refused("InvalidToken", "list_activities", nextToken="x")
refused("ResourceNotFound", "list_tags_for_resource", resourceArn=machine + ":1")
refused("MissingRequiredParameter", "update_state_machine", stateMachineArn=machine)
message = refused("ValidationException", "list_activities", maxResults=1001)
assert message == ("1 validation error detected: Value '1001' at 'maxResults' failed to satisfy constraint: "
                   "Member must have value less than or equal to 1000"), message
refused("SerializationException", "get_execution_history", executionArn=execution, maxResults="many")
assert client.redrive_execution(executionArn=execution)["redriveDate"]
assert client.list_map_runs(executionArn=execution)["mapRuns"] == []

client.delete_activity(activityArn=activity)
refused("ActivityDoesNotExist", "get_activity_task", activityArn=activity)
client.delete_state_machine(stateMachineArn=machine)
refused("StateMachineDoesNotExist", "start_execution", stateMachineArn=machine)

# boto3 puts "sync-" before the host of this one, which is no name of an address.
sync = boto3.client("stepfunctions", endpoint_url=sys.argv[1], config=Config(inject_host_prefix=False))
tested = sync.test_state(definition='{"Type":"Pass","Next":"Next"}', input='{"a":1}', inspectionLevel="TRACE")
assert tested["status"] == "SUCCEEDED" and tested["output"] == '{"a":1}' and tested["nextState"] == "Next", tested
assert tested["inspectionData"]["input"] == '{"a":1}', tested
