package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
)

// stepsOf is how many durable steps the workflow of the peers' table has.
const stepsOf = 5

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
func (s *stepper) done(payload []byte) {
	id := payloadID(payload)
	s.mu.Lock()
	s.count[id]++
	last := s.count[id] == stepsOf
	if last {
		delete(s.count, id)
	}
	s.mu.Unlock()
	if last {
		s.ends <- id
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

// payload is an object of payloadSize bytes that begins with its id.
func payload(id string) string {
	text := fmt.Sprintf(`{"id":%q,"pad":"`, id)
	return text + string(bytes.Repeat([]byte("p"), payloadSize-len(text)-2)) + `"}`
}

func payloadID(payload []byte) string {
	var p struct{ ID string }
	_ = json.Unmarshal(payload, &p)
	return p.ID
}
