# Has the same names in two regions and two accounts of one server.
set -eu

sfn() { # REGION ACCOUNT COMMAND…
    region=$1 account=$2
    shift 2
    AWS_ACCESS_KEY_ID=$account aws stepfunctions "$@" --region "$region" --output text
}

is() { # WHAT GOT WANT
    if [ "$2" != "$3" ]; then
        echo "$1 is '$2', want '$3'" >&2
        exit 1
    fi
}

for region in eu-west-1 us-gov-west-1; do
    partition=aws
    case $region in us-gov-*) partition=aws-us-gov ;; esac
    for account in 111111111111 222222222222; do
        want=arn:$partition:states:$region:$account:stateMachine:m
        is machine "$(sfn $region $account create-state-machine --name m --role-arn arn:$partition:iam::$account:role/r --query stateMachineArn \
            --definition '{"StartAt":"P","States":{"P":{"Type":"Succeed"}}}')" $want
        is machines "$(sfn $region $account list-state-machines --query 'stateMachines[].stateMachineArn')" $want
        execution=$(sfn $region $account start-execution --state-machine-arn $want --name x --query executionArn)
        is execution "$execution" arn:$partition:states:$region:$account:execution:m:x
    done
done
is elsewhere "$(sfn us-east-1 111111111111 list-state-machines --query 'length(stateMachines)')" 0
for from in "us-east-1 111111111111 InvalidArn" "eu-west-1 222222222222 AccessDeniedException"; do
    set -- $from
    if said=$(sfn $1 $2 describe-execution --execution-arn arn:aws:states:eu-west-1:111111111111:execution:m:x 2>&1); then
        is answer allowed "$3"
    fi
    case $said in
    *"($3)"*) ;;
    *) is answer "$said" "$3" ;;
    esac
done
