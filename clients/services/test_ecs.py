"""ECS over boto3. Containers are programs of the machine that the server runs on: sh.

    STATELARK_ENDPOINT=http://127.0.0.1:8083 pytest test_ecs.py
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


@pytest.fixture(scope="module")
def ecs():
    return boto3.client("ecs", endpoint_url=ENDPOINT, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test",
                        config=Config(retries={"total_max_attempts": 1}))


@pytest.fixture(scope="module")
def cluster(ecs):
    return ecs.create_cluster(clusterName="c-" + uuid.uuid4().hex[:8])["cluster"]["clusterArn"]


VPC = {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}


def define(ecs, script, **more):
    return ecs.register_task_definition(
        family="f-" + uuid.uuid4().hex[:8], requiresCompatibilities=["FARGATE"], networkMode="awsvpc", cpu="256", memory="512",
        containerDefinitions=[{"name": "main", "image": "busybox", "entryPoint": ["sh", "-c"], "command": [script]}], **more,
    )["taskDefinition"]["taskDefinitionArn"]


def run(ecs, cluster, definition, **more):
    out = ecs.run_task(cluster=cluster, taskDefinition=definition, launchType="FARGATE", networkConfiguration=VPC, **more)
    assert out["failures"] == []
    return out["tasks"][0]["taskArn"]


def finish(ecs, cluster, task):
    ecs.get_waiter("tasks_stopped").wait(cluster=cluster, tasks=[task], WaiterConfig={"Delay": 1, "MaxAttempts": 20})
    return ecs.describe_tasks(cluster=cluster, tasks=[task], include=["TAGS"])["tasks"][0]


@runs
def test_task(ecs, cluster):
    definition = define(ecs, "echo hello $NAME; exit 0")
    arn = run(ecs, cluster, definition, startedBy="me", tags=[{"key": "k", "value": "v"}],
              overrides={"containerOverrides": [{"name": "main", "environment": [{"name": "NAME", "value": "you"}]}]})
    task = finish(ecs, cluster, arn)
    assert (task["lastStatus"], task["stopCode"], task["stoppedReason"]) == ("STOPPED", "EssentialContainerExited", "Essential container in task exited")
    assert [(c["name"], c["exitCode"], c["lastStatus"]) for c in task["containers"]] == [("main", 0, "STOPPED")]
    assert task["startedBy"] == "me" and task["tags"] == [{"key": "k", "value": "v"}]
    assert task["createdAt"] <= task["startedAt"] <= task["stoppedAt"]
    assert task["clusterArn"] == cluster and task["taskDefinitionArn"] == definition
    assert arn in ecs.list_tasks(cluster=cluster, desiredStatus="STOPPED", startedBy="me")["taskArns"]


@runs
def test_exit_code_and_stop(ecs, cluster):
    assert finish(ecs, cluster, run(ecs, cluster, define(ecs, "exit 5")))["containers"][0]["exitCode"] == 5
    arn = run(ecs, cluster, define(ecs, "exec sleep 1000"))
    ecs.get_waiter("tasks_running").wait(cluster=cluster, tasks=[arn], WaiterConfig={"Delay": 1, "MaxAttempts": 20})
    assert ecs.stop_task(cluster=cluster, task=arn, reason="enough")["task"]["desiredStatus"] == "STOPPED"
    task = finish(ecs, cluster, arn)
    assert (task["stopCode"], task["stoppedReason"], task["containers"][0]["exitCode"]) == ("UserInitiated", "enough", 143)


@runs
def test_client_token(ecs, cluster):
    definition, token = define(ecs, "exit 0"), uuid.uuid4().hex
    assert run(ecs, cluster, definition, clientToken=token) == run(ecs, cluster, definition, clientToken=token)


def test_definitions(ecs):
    arn = define(ecs, "true", tags=[{"key": "k", "value": "v"}])
    family = arn.split("/")[1].split(":")[0]
    out = ecs.describe_task_definition(taskDefinition=family, include=["TAGS"])
    d = out["taskDefinition"]
    assert (d["taskDefinitionArn"], d["revision"], d["status"], d["networkMode"]) == (arn, 1, "ACTIVE", "awsvpc")
    assert d["containerDefinitions"][0]["essential"] is True and out["tags"] == [{"key": "k", "value": "v"}]
    assert ecs.list_task_definitions(familyPrefix=family)["taskDefinitionArns"] == [arn]
    assert ecs.deregister_task_definition(taskDefinition=arn)["taskDefinition"]["status"] == "INACTIVE"
    assert ecs.list_task_definitions(familyPrefix=family)["taskDefinitionArns"] == []


def test_clusters(ecs):
    name = "c-" + uuid.uuid4().hex[:8]
    arn = ecs.create_cluster(clusterName=name)["cluster"]["clusterArn"]
    out = ecs.describe_clusters(clusters=[name, "none-" + name])
    assert [(c["clusterArn"], c["status"], c["runningTasksCount"]) for c in out["clusters"]] == [(arn, "ACTIVE", 0)]
    assert [f["reason"] for f in out["failures"]] == ["MISSING"]
    assert arn in ecs.list_clusters()["clusterArns"]
    assert ecs.delete_cluster(cluster=name)["cluster"]["status"] == "INACTIVE"


def test_refusals(ecs, cluster):
    with pytest.raises(ecs.exceptions.ClusterNotFoundException):
        ecs.run_task(cluster="none", taskDefinition="none")
    with pytest.raises(ecs.exceptions.ClientException):
        ecs.run_task(cluster=cluster, taskDefinition="none")
    with pytest.raises(ecs.exceptions.ClusterNotFoundException):
        ecs.delete_cluster(cluster="none-" + uuid.uuid4().hex)
    if not MOTO:
        with pytest.raises(ecs.exceptions.InvalidParameterException):
            ecs.run_task(cluster=cluster, taskDefinition=define(ecs, "true"), launchType="FARGATE")
        with pytest.raises(ClientError) as e:
            ecs.create_service(cluster=cluster, serviceName="s", taskDefinition="none")
        assert e.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
