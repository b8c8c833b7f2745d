// Goes through the life of a state machine with @aws-sdk/client-sfn. What is not as it should be throws.
"use strict";
const assert = require("node:assert/strict");
const fs = require("node:fs");
const { setTimeout } = require("node:timers/promises");
const sfn = require("@aws-sdk/client-sfn");

const client = new sfn.SFN({ endpoint: process.env.AWS_ENDPOINT_URL });
const roleArn = "arn:aws:iam::000000000000:role/clients";

// refuses checks that a call fails with an error class of the package, known by its name.
async function refuses(name, call) {
  await assert.rejects(call, (err) => {
    assert.ok(err instanceof sfn[name], `${err} is no ${name}`);
    assert.equal(err.name, name);
    assert.equal(err.$metadata.httpStatusCode, 400);
    return true;
  });
}

async function ended(executionArn) {
  for (const deadline = Date.now() + 30_000; ; await setTimeout(20)) {
    const execution = await client.describeExecution({ executionArn });
    if (execution.status !== "RUNNING") return execution;
    assert.ok(Date.now() < deadline, "the execution does not end");
  }
}

async function main() {
  const { activityArn } = await client.createActivity({ name: "work" });
  const definition = fs.readFileSync(process.argv[2], "utf8").replace("ACTIVITY", activityArn);
  const { stateMachineArn } = await client.createStateMachine({ name: "orders", definition, roleArn });
  assert.equal((await client.describeStateMachine({ stateMachineArn })).definition, definition);

  // A task that succeeds.
  const input = '{"order": 17}';
  const { executionArn, startDate } = await client.startExecution({ stateMachineArn, name: "first", input });
  const task = await client.getActivityTask({ activityArn, workerName: "node" });
  assert.deepEqual(JSON.parse(task.input), JSON.parse(input));
  await client.sendTaskHeartbeat({ taskToken: task.taskToken });
  await client.sendTaskSuccess({ taskToken: task.taskToken, output: '{"done":1}' });
  const execution = await ended(executionArn);
  assert.equal(execution.status, "SUCCEEDED");
  assert.deepEqual(JSON.parse(execution.output), { order: 17, result: { done: 1 }, marked: true });
  assert.ok(startDate instanceof Date && startDate <= execution.stopDate);

  // Its history, in pages of three.
  const events = [];
  let pages = 0;
  for await (const page of sfn.paginateGetExecutionHistory({ client, pageSize: 3 }, { executionArn })) {
    pages++;
    assert.ok(page.events.length <= 3);
    events.push(...page.events);
  }
  assert.ok(pages > 2);
  assert.deepEqual(events.map((e) => e.id), events.map((_, i) => i + 1));
  assert.deepEqual(events.map((e) => e.type), [
    "ExecutionStarted", "TaskStateEntered", "ActivityScheduled", "ActivityStarted", "ActivitySucceeded",
    "TaskStateExited", "PassStateEntered", "PassStateExited", "ExecutionSucceeded",
  ]);
  assert.equal(events[3].activityStartedEventDetails.workerName, "node");

  // Tags.
  await client.tagResource({ resourceArn: stateMachineArn, tags: [{ key: "stage", value: "test" }] });
  const { tags } = await client.listTagsForResource({ resourceArn: stateMachineArn });
  assert.deepEqual(tags, [{ key: "stage", value: "test" }]);
  await client.untagResource({ resourceArn: stateMachineArn, tagKeys: ["stage"] });

  // Errors, by class.
  await refuses("InvalidDefinition", client.createStateMachine({ name: "bad", definition: "{}", roleArn }));
  await refuses("StateMachineDoesNotExist", client.describeStateMachine({ stateMachineArn: stateMachineArn + "x" }));
  await refuses("ExecutionDoesNotExist", client.describeExecution({ executionArn: executionArn + "x" }));
  await refuses("ExecutionAlreadyExists", client.startExecution({ stateMachineArn, name: "first", input: "{}" }));
  await refuses("InvalidExecutionInput", client.startExecution({ stateMachineArn, input: "{" }));
  await refuses("InvalidToken", client.sendTaskSuccess({ taskToken: "nonsense", output: "{}" }));
  await refuses("TaskTimedOut", client.sendTaskSuccess({ taskToken: task.taskToken, output: "{}" }));

  // The end.
  await client.deleteStateMachine({ stateMachineArn });
  await client.deleteActivity({ activityArn });
  await refuses("ActivityDoesNotExist", client.describeActivity({ activityArn }));
  console.log("@aws-sdk/client-sfn ok");
}

main().catch((err) => {
  console.error(err);
  process.exit(1);
});
