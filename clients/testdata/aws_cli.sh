# Goes through the life of a state machine with the AWS CLI. What is not as it should be ends the script.
set -eu

sfn() { aws stepfunctions "$@" --output text; }

fail() {
    echo "$*" >&2
    exit 1
}

is() { # WHAT GOT WANT
    [ "$2" = "$3" ] || fail "$1 is '$2', want '$3'"
}

refuses() { # CODE COMMAND…
    code=$1
    shift
    if said=$(sfn "$@" 2>&1); then
        fail "$1 was not refused with $code"
    fi
    case $said in
    *"($code)"*) ;;
    *) fail "$1 was refused with '$said', want $code" ;;
    esac
}

role=arn:aws:iam::000000000000:role/clients
activity=$(sfn create-activity --name work --query activityArn)
definition=$(sed "s#ACTIVITY#$activity#" "$1")
machine=$(sfn create-state-machine --name orders --definition "$definition" --role-arn $role --query stateMachineArn)
is definition "$(sfn describe-state-machine --state-machine-arn "$machine" --query definition)" "$definition"

# A task that succeeds.
execution=$(sfn start-execution --state-machine-arn "$machine" --name first --input '{"order":17}' --query executionArn)
token=$(sfn get-activity-task --activity-arn "$activity" --worker-name cli --query taskToken)
sfn send-task-success --task-token "$token" --task-output '{"done":1}'
tries=0
while status=$(sfn describe-execution --execution-arn "$execution" --query status) && [ "$status" = RUNNING ]; do
    tries=$((tries + 1))
    [ $tries -lt 20 ] || fail "the execution does not end"
done
is status "$status" SUCCEEDED
is output "$(sfn describe-execution --execution-arn "$execution" --query output)" '{"order":17,"result":{"done":1},"marked":true}'

# Its history, in pages of three, which the CLI puts together.
types=$(sfn get-execution-history --execution-arn "$execution" --page-size 3 --query 'events[].type' | tr -s '\t\n' '  ')
is history "${types% }" "ExecutionStarted TaskStateEntered ActivityScheduled ActivityStarted ActivitySucceeded \
TaskStateExited PassStateEntered PassStateExited ExecutionSucceeded"

# A version and an alias.
version=$(sfn publish-state-machine-version --state-machine-arn "$machine" --query stateMachineVersionArn)
is version "$version" "$machine:1"
alias=$(sfn create-state-machine-alias --name live --query stateMachineAliasArn \
    --routing-configuration "stateMachineVersionArn=$version,weight=100")
is aliases "$(sfn list-state-machine-aliases --state-machine-arn "$version" --query 'stateMachineAliases[].stateMachineAliasArn')" "$alias"
refuses ConflictException delete-state-machine-version --state-machine-version-arn "$version"
sfn delete-state-machine-alias --state-machine-alias-arn "$alias"
sfn delete-state-machine-version --state-machine-version-arn "$version"

# Tags.
sfn tag-resource --resource-arn "$machine" --tags key=stage,value=test
is tags "$(sfn list-tags-for-resource --resource-arn "$machine" --query 'tags[].[key,value]' | tr '\t' =)" stage=test

# Errors.
refuses InvalidDefinition create-state-machine --name bad --definition '{}' --role-arn $role
refuses StateMachineDoesNotExist describe-state-machine --state-machine-arn "${machine}x"
refuses ExecutionDoesNotExist describe-execution --execution-arn "${execution}x"
refuses ExecutionAlreadyExists start-execution --state-machine-arn "$machine" --name first --input '{}'
refuses InvalidToken send-task-success --task-token nonsense --task-output '{}'

# The end.
sfn delete-state-machine --state-machine-arn "$machine"
sfn delete-activity --activity-arn "$activity"
refuses ActivityDoesNotExist describe-activity --activity-arn "$activity"
echo "$(aws --version 2>&1) ok"
