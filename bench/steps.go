package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// stepper is the process that does the steps of Statelark's workflow, as functions behind a URL or as workers of
// an activity. A step's result is its input. Who reads /ends is told, one line each, whose last step is done.
type stepper struct {
	mu    sync.Mutex // guards count
	count map[string]int
	ends  chan string
}

// serveSteps is that process. With workers, it polls the activity at server; else it waits to be called.
func serveSteps(addr, server, activity string, workers int) error {
	s := &stepper{count: make(map[string]int), ends: make(chan string, 4096)}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /step", s.step)
	mux.HandleFunc("GET /ends", s.tell)
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	for range workers {
		go s.work(server, activity)
	}
	return http.Serve(l, mux)
}

// startStepper starts that process and returns it with what /ends tells.
func startStepper(addr, server string, workers int) (*exec.Cmd, io.ReadCloser, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	cmd := exec.Command(self, "-steps", addr, "-serve", server, "-activity", place.ActivityARN("work"), "-workers", fmt.Sprint(workers))
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, nil, err
	}
	var ends io.ReadCloser
	err = eventually(10*time.Second, func() error {
		resp, err := http.Get("http://" + addr + "/ends") //nolint:bodyclose // who reads it closes it
		if err == nil {
			ends = resp.Body
		}
		return err
	})
	return cmd, ends, err
}

func (s *stepper) step(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body)
	s.done(body)
}

// work takes tasks and answers each with its input, until the server is gone.
func (s *stepper) work(server, activity string) {
	c, err := dial(server)
	if err != nil {
		return
	}
	poll := fmt.Sprintf(`{"activityArn":%q}`, activity)
	for {
		answer, err := c.aws("GetActivityTask", poll)
		if err != nil {
			return
		}
		var task struct{ TaskToken, Input string }
		if err := json.Unmarshal(answer, &task); err != nil || task.TaskToken == "" {
			continue
		}
		output, _ := json.Marshal(task.Input)
		if _, err := c.aws("SendTaskSuccess", fmt.Sprintf(`{"taskToken":%q,"output":%s}`, task.TaskToken, output)); err != nil {
			fmt.Println("bench: SendTaskSuccess:", err)
			return
		}
		s.done([]byte(task.Input))
	}
}

// done counts the steps of the workflow whose payload this is.
func (s *stepper) done(text []byte) {
	var p payload
	_ = json.Unmarshal(text, &p) // what is no payload has no step to count
	s.mu.Lock()
	s.count[p.ID]++
	last := s.count[p.ID] == p.Steps
	if last {
		delete(s.count, p.ID)
	}
	s.mu.Unlock()
	if last {
		s.ends <- p.ID
	}
}

func (s *stepper) tell(w http.ResponseWriter, r *http.Request) {
	w.WriteHeader(http.StatusOK)
	flush := http.NewResponseController(w)
	_ = flush.Flush()
	for {
		select {
		case id := <-s.ends:
			if _, err := fmt.Fprintln(w, id); err != nil || flush.Flush() != nil {
				return
			}
		case <-r.Context().Done():
			return
		}
	}
}

// payloadSize is the length of a step's input and of its result.
const payloadSize = 500

// payload is what goes through the steps of a workflow.
type payload struct {
	ID    string `json:"id"`
	Steps int    `json:"steps"` // of the workflow
	Pad   string `json:"pad"`
}

// payloadOf returns a payload of payloadSize bytes.
func payloadOf(id string, steps int) string {
	text := fmt.Sprintf(`{"id":%q,"steps":%d,"pad":"`, id, steps)
	return text + strings.Repeat("p", payloadSize-len(text)-2) + `"}`
}
