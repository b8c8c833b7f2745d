package engine

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/memstore"
	"github.com/statelark/statelark/task"
)

func TestClosedExecutionsAreRemovedAfterTheirRetention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		place := arn.Place{Region: "us-east-1", Account: "000000000000"}
		e, err := Open(ctx, memstore.New(), &task.Registry{}, Options{Retention: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		arn := place.StateMachineARN("M")
		_, err = e.CreateStateMachine(ctx, &statelark.StateMachine{
			ARN: arn, Name: "M", Type: statelark.Standard, Definition: `{"StartAt":"P","States":{"P":{"Type":"Succeed"}}}`,
		})
		if err != nil {
			t.Fatal(err)
		}
		x, err := e.StartExecution(ctx, statelark.ExecutionStart{Machine: arn, Name: "e", Input: "{}"})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Minute)
		if _, err := e.Execution(ctx, x.ARN()); err != nil {
			t.Errorf("before its time: %v", err)
		}
		time.Sleep(25 * time.Minute)
		if _, err := e.Execution(ctx, x.ARN()); statelark.ErrorCode(err) != statelark.CodeExecutionDoesNotExist {
			t.Errorf("after its time: %v", err)
		}
		if err := e.Close(ctx); err != nil {
			t.Error(err)
		}
	})
}
