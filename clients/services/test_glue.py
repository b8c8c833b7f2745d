"""The jobs of Glue over boto3. Scripts run with the python3 of the machine that the server runs on.

    STATELARK_ENDPOINT=http://127.0.0.1:8083 pytest test_glue.py
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
MOTO = os.environ.get("STATELARK_AGAINST") == "moto"
runs = pytest.mark.skipif(MOTO, reason="moto runs nothing")


def client(name):
    return boto3.client(name, endpoint_url=ENDPOINT, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test",
                        config=Config(retries={"total_max_attempts": 1}))


@pytest.fixture(scope="module")
def glue():
    return client("glue")


@pytest.fixture(scope="module")
def bucket():
    name = "b-" + uuid.uuid4().hex
    client("s3").create_bucket(Bucket=name)
    return name


def create(glue, bucket, script, **more):
    name = "j-" + uuid.uuid4().hex[:8]
    client("s3").put_object(Bucket=bucket, Key=name + ".py", Body=script.encode())
    glue.create_job(Name=name, Role="arn:aws:iam::000000000000:role/r", Command={
        "Name": "pythonshell", "PythonVersion": "3.9", "ScriptLocation": f"s3://{bucket}/{name}.py"}, **more)
    return name


def finish(glue, job, run):
    until = time.time() + 20
    while True:
        found = glue.get_job_run(JobName=job, RunId=run)["JobRun"]
        if found["JobRunState"] in ("SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT"):
            return found
        assert time.time() < until, found
        time.sleep(0.05)


@runs
def test_run(glue, bucket):
    job = create(glue, bucket, f"import boto3, sys; boto3.client('s3').put_object(Bucket='{bucket}', Key='out', Body=' '.join(sys.argv[1:])); print('hi')",
                 DefaultArguments={"--a": "1", "--b": "1"})
    run = glue.start_job_run(JobName=job, Arguments={"--b": "2"})["JobRunId"]
    found = finish(glue, job, run)
    assert found["JobRunState"] == "SUCCEEDED", found
    assert (found["JobName"], found["Attempt"], found["Arguments"]) == (job, 0, {"--b": "2"})
    assert found["StartedOn"] <= found["CompletedOn"]
    assert client("s3").get_object(Bucket=bucket, Key="out")["Body"].read() == b"--a 1 --b 2"
    logged = client("logs").get_log_events(logGroupName="/aws-glue/python-jobs/output", logStreamName=run)["events"]
    assert [e["message"] for e in logged] == ["hi"]
    assert [r["Id"] for r in glue.get_job_runs(JobName=job)["JobRuns"]] == [run]


@runs
def test_failure(glue, bucket):
    job = create(glue, bucket, "raise ValueError('broken')")
    found = finish(glue, job, glue.start_job_run(JobName=job)["JobRunId"])
    assert (found["JobRunState"], found["ErrorMessage"]) == ("FAILED", "ValueError: broken")


@runs
def test_concurrent_runs_and_stop(glue, bucket):
    job = create(glue, bucket, "import time; time.sleep(1000)")
    run = glue.start_job_run(JobName=job)["JobRunId"]
    with pytest.raises(glue.exceptions.ConcurrentRunsExceededException):
        glue.start_job_run(JobName=job)
    out = glue.batch_stop_job_run(JobName=job, JobRunIds=[run, "none"])
    assert out["SuccessfulSubmissions"] == [{"JobName": job, "JobRunId": run}]
    assert [e["JobRunId"] for e in out["Errors"]] == ["none"]
    assert finish(glue, job, run)["JobRunState"] == "STOPPED"


@pytest.mark.xfail(MOTO, reason="moto has no UpdateJob", strict=False)
def test_jobs(glue, bucket):
    job = create(glue, bucket, "", Timeout=10, Tags={"t": uuid.uuid4().hex})
    found = glue.get_job(JobName=job)["Job"]
    assert (found["Name"], found["Timeout"], found["Command"]["Name"]) == (job, 10, "pythonshell")
    assert job in glue.list_jobs()["JobNames"]
    assert job in [j["Name"] for j in glue.get_jobs()["Jobs"]]
    glue.update_job(JobName=job, JobUpdate={"Role": "r", "Command": {"Name": "pythonshell", "ScriptLocation": "s"}, "Timeout": 20})
    assert glue.get_job(JobName=job)["Job"]["Timeout"] == 20
    with pytest.raises(glue.exceptions.AlreadyExistsException):
        glue.create_job(Name=job, Role="r", Command={"ScriptLocation": "s"})
    assert glue.delete_job(JobName=job)["JobName"] == job
    with pytest.raises(glue.exceptions.EntityNotFoundException):
        glue.get_job(JobName=job)
    with pytest.raises(glue.exceptions.EntityNotFoundException):
        glue.start_job_run(JobName=job)


@pytest.mark.skipif(MOTO, reason="moto has crawlers")
def test_what_is_not_here(glue):
    with pytest.raises(ClientError) as e:
        glue.get_crawlers()
    assert e.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
