"""Batch over boto3. Jobs are programs of the machine that the server runs on: sh and python3.

    STATELARK_ENDPOINT=http://127.0.0.1:8083 pytest test_batch.py
"""
import os
import time
import uuid

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT = os.environ.get("STATELARK_ENDPOINT")
if not ENDPOINT:
    pytest.skip("STATELARK_ENDPOINT is not set", allow_module_level=True)
if os.environ.get("STATELARK_AGAINST") == "moto":
    pytest.skip("moto runs jobs in Docker alone", allow_module_level=True)


def client(name):
    return boto3.client(name, endpoint_url=ENDPOINT, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test",
                        config=Config(retries={"total_max_attempts": 1}))


@pytest.fixture(scope="module")
def batch():
    return client("batch")


@pytest.fixture(scope="module")
def queue(batch):
    name = "q-" + uuid.uuid4().hex[:8]
    env = batch.create_compute_environment(computeEnvironmentName="ce-" + name, type="MANAGED", computeResources={
        "type": "FARGATE", "maxvCpus": 4, "subnets": ["subnet-1"], "securityGroupIds": ["sg-1"]})["computeEnvironmentArn"]
    return batch.create_job_queue(jobQueueName=name, priority=1, computeEnvironmentOrder=[{"order": 1, "computeEnvironment": env}])["jobQueueArn"]


def define(batch, *command, **more):
    return batch.register_job_definition(jobDefinitionName="d-" + uuid.uuid4().hex[:8], type="container", containerProperties={
        "image": "busybox", "command": list(command), "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "512"}]},
        **more)["jobDefinitionArn"]


def finish(batch, job, seconds=20):
    until = time.time() + seconds
    while True:
        found = batch.describe_jobs(jobs=[job])["jobs"][0]
        if found["status"] in ("SUCCEEDED", "FAILED"):
            return found
        assert time.time() < until, found
        time.sleep(0.05)


def submit(batch, queue, definition, **more):
    return batch.submit_job(jobName="j", jobQueue=queue, jobDefinition=definition, **more)["jobId"]


def code(error):
    return error.value.response["Error"]["Code"]


def test_waiters_of_the_environment(batch, queue):
    found = batch.describe_job_queues(jobQueues=[queue])["jobQueues"][0]
    assert (found["state"], found["status"], found["priority"]) == ("ENABLED", "VALID", 1)
    env = batch.describe_compute_environments(computeEnvironments=[found["computeEnvironmentOrder"][0]["computeEnvironment"]])["computeEnvironments"][0]
    assert (env["type"], env["status"], env["containerOrchestrationType"]) == ("MANAGED", "VALID", "ECS")


def test_success(batch, queue):
    definition = define(batch, "sh", "-c", "echo hello $NAME from $0", "Ref::who", parameters={"who": "nobody"}, tags={"k": "v"})
    job = finish(batch, submit(batch, queue, definition, parameters={"who": "me"}, containerOverrides={"environment": [{"name": "NAME", "value": "you"}]}))
    assert job["status"] == "SUCCEEDED"
    assert job["container"]["exitCode"] == 0
    assert job["jobQueue"] == queue and job["jobDefinition"] == definition
    assert job["createdAt"] <= job["startedAt"] <= job["stoppedAt"]
    assert job["tags"] == {"k": "v"} and job["parameters"] == {"who": "me"}
    assert len(job["attempts"]) == 1
    logged = client("logs").get_log_events(logGroupName="/aws/batch/job", logStreamName=job["container"]["logStreamName"])["events"]
    assert [e["message"] for e in logged] == ["hello you from me"]


def test_failure_and_retries(batch, queue):
    definition = define(batch, "sh", "-c", "exit 3", retryStrategy={"attempts": 2})
    job = finish(batch, submit(batch, queue, definition))
    assert (job["status"], job["container"]["exitCode"], len(job["attempts"])) == ("FAILED", 3, 2)
    assert job["statusReason"] == "Essential container in task exited"


def test_dependencies(batch, queue):
    first = submit(batch, queue, define(batch, "sleep", "0.2"))
    second = submit(batch, queue, define(batch, "true"), dependsOn=[{"jobId": first}])
    assert finish(batch, second)["status"] == "SUCCEEDED"
    fails = submit(batch, queue, define(batch, "sh", "-c", "sleep 0.2; exit 1"))
    after = submit(batch, queue, define(batch, "true"), dependsOn=[{"jobId": fails}])
    assert finish(batch, after)["statusReason"] == "Dependent Job failed"


def test_terminate(batch, queue):
    job = submit(batch, queue, define(batch, "sleep", "1000"))
    while batch.describe_jobs(jobs=[job])["jobs"][0]["status"] != "RUNNING":
        time.sleep(0.05)
    assert job in [j["jobId"] for j in batch.list_jobs(jobQueue=queue)["jobSummaryList"]]
    batch.terminate_job(jobId=job, reason="enough")
    found = finish(batch, job)
    assert (found["status"], found["statusReason"], found["isTerminated"]) == ("FAILED", "enough", True)
    assert job in [j["jobId"] for j in batch.list_jobs(jobQueue=queue, jobStatus="FAILED")["jobSummaryList"]]


def test_boto3_inside(batch, queue):
    """A job reaches the services of the server without being told anything."""
    bucket = "b-" + uuid.uuid4().hex
    s3 = client("s3")
    s3.create_bucket(Bucket=bucket)
    script = f"import boto3, os; boto3.client('s3').put_object(Bucket='{bucket}', Key=os.environ['AWS_BATCH_JOB_ID'], Body=b'done')"
    job = finish(batch, submit(batch, queue, define(batch, "python3", "-c", script)))
    assert job["status"] == "SUCCEEDED"
    assert s3.get_object(Bucket=bucket, Key=job["jobId"])["Body"].read() == b"done"


def test_definitions(batch):
    arn = define(batch, "true", timeout={"attemptDurationSeconds": 60})
    name = arn.split("/")[1].split(":")[0]
    found = batch.describe_job_definitions(jobDefinitionName=name)["jobDefinitions"]
    assert [(d["revision"], d["status"], d["timeout"]["attemptDurationSeconds"]) for d in found] == [(1, "ACTIVE", 60)]
    batch.deregister_job_definition(jobDefinition=arn)
    assert batch.describe_job_definitions(jobDefinitions=[arn])["jobDefinitions"][0]["status"] == "INACTIVE"


def test_refusals(batch, queue):
    for call in (lambda: submit(batch, "none", "none"), lambda: submit(batch, queue, "none"),
                 lambda: batch.terminate_job(jobId="none", reason="x"), lambda: batch.list_jobs(jobQueue="none")):
        with pytest.raises(ClientError) as e:
            call()
        assert code(e) == "ClientException" and e.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    with pytest.raises(ClientError) as e:
        submit(batch, queue, define(batch, "true"), dependsOn=[{"type": "SEQUENTIAL"}])
    assert code(e) == "NotImplemented"


def test_array(batch, queue):
    job = submit(batch, queue, define(batch, "sh", "-c", "exit $AWS_BATCH_JOB_ARRAY_INDEX"), arrayProperties={"size": 2})
    found = finish(batch, job)
    assert found["status"] == "FAILED"
    summary = found["arrayProperties"]["statusSummary"]
    assert (found["arrayProperties"]["size"], summary["SUCCEEDED"], summary["FAILED"]) == (2, 1, 1)
    assert finish(batch, job + ":1")["container"]["exitCode"] == 1
    assert [j["jobId"] for j in batch.list_jobs(arrayJobId=job, jobStatus="SUCCEEDED")["jobSummaryList"]] == [job + ":0"]
