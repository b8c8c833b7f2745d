package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

const queue = "steps"

func step(_ context.Context, payload string) (string, error) { return payload, nil }

// steps returns how many steps the workflow of a payload has.
func steps(payload string) int {
	var p struct{ Steps int }
	_ = json.Unmarshal([]byte(payload), &p) // what is no payload has no steps
	return p.Steps
}

func activities(ctx workflow.Context, payload string) (string, error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
	for range steps(payload) {
		if err := workflow.ExecuteActivity(ctx, step, payload).Get(ctx, &payload); err != nil {
			return "", err
		}
	}
	return payload, nil
}

func localActivities(ctx workflow.Context, payload string) (string, error) {
	ctx = workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		StartToCloseTimeout: time.Minute, RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 3},
	})
	for range steps(payload) {
		if err := workflow.ExecuteLocalActivity(ctx, step, payload).Get(ctx, &payload); err != nil {
			return "", err
		}
	}
	return payload, nil
}

type quiet struct{}

func (quiet) Debug(string, ...any) {}
func (quiet) Info(string, ...any)  {}
func (quiet) Warn(string, ...any)  {}
func (quiet) Error(string, ...any) {}

var _ log.Logger = quiet{}

func work(server, addr string, local bool) error {
	c, err := client.Dial(client.Options{HostPort: server, Logger: quiet{}})
	if err != nil {
		return err
	}
	defer c.Close()
	w := worker.New(c, queue, worker.Options{MaxConcurrentActivityTaskPollers: 16, MaxConcurrentWorkflowTaskPollers: 16})
	w.RegisterActivity(step)
	w.RegisterWorkflow(activities)
	w.RegisterWorkflow(localActivities)
	if err := w.Start(); err != nil {
		return err
	}
	defer w.Stop()
	flow := activities
	if local {
		flow = localActivities
	}
	http.HandleFunc("POST /run", func(rw http.ResponseWriter, r *http.Request) {
		result, err := run(r, c, flow)
		if err != nil {
			http.Error(rw, err.Error(), http.StatusInternalServerError)
			return
		}
		_, _ = io.WriteString(rw, result)
	})
	return http.ListenAndServe(addr, nil)
}

func run(r *http.Request, c client.Client, flow any) (result string, err error) {
	payload, err := io.ReadAll(r.Body)
	if err != nil {
		return "", err
	}
	started, err := c.ExecuteWorkflow(r.Context(), client.StartWorkflowOptions{TaskQueue: queue}, flow, string(payload))
	if err != nil {
		return "", err
	}
	err = started.Get(r.Context(), &result)
	return result, err
}
