package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// What the built-in services are asked for while they are measured.
const (
	serviceClients = 40
	mapItems       = 1000
	mapConcurrency = 40
	largeObject    = 100 << 20
	smallObject    = 1 << 20
	// stepLimit is how long one call or one execution may take. What takes longer hangs, and ends the benchmark.
	stepLimit = time.Minute
)

// benchServices measures the services that are built in, in the program as users have it: what a workflow makes of them, and a client.
func benchServices(s settings) error {
	dir, err := os.MkdirTemp("", "statelark-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary, from := filepath.Join(dir, "statelark"), time.Now()
	if out, err := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", binary, "./cmd/statelark").CombinedOutput(); err != nil {
		return fmt.Errorf("building the program: %w\n%s", err, out)
	}
	file, err := os.Stat(binary)
	if err != nil {
		return err
	}
	fmt.Printf("services  binary, stripped  %.1f MB, built in %.0f s\n", float64(file.Size())/1e6, time.Since(from).Seconds())
	figures := newFigures()
	for run := range s.runs {
		fmt.Fprintf(os.Stderr, "services  run %d of %d\n", run+1, s.runs)
		if err := benchServicesOnce(s, binary, filepath.Join(dir, fmt.Sprint("data-", run)), figures); err != nil {
			return err
		}
	}
	figures.print()
	return nil
}

// figures are what several runs came to, in the order in which they were measured first.
type figures struct {
	names []string
	of    map[string][]float64
}

func newFigures() *figures { return &figures{of: map[string][]float64{}} }

func (f *figures) add(name string, value float64) {
	if f.of[name] == nil {
		f.names = append(f.names, name)
	}
	f.of[name] = append(f.of[name], value)
}

func (f *figures) print() {
	for _, name := range f.names {
		fmt.Printf("services  %-45s %10.2f\n", name, median(f.of[name]))
	}
}

// program is the program on a directory.
type program struct {
	*server
}

func startProgram(binary, dir string) (*program, time.Duration, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, 0, err
	}
	s := &server{addr: addr, dir: dir, cmd: exec.Command(binary, "server", "--listen", addr, "--data", dir, "--log-level", "warn"),
		http: &http.Client{Timeout: stepLimit, Transport: &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}}}
	s.cmd.Stderr = os.Stderr
	from := time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, 0, err
	}
	err = eventuallyOften(30*time.Second, func() error { return s.call("ListStateMachines", `{}`, nil) })
	took := time.Since(from)
	if err != nil {
		kill(s.cmd)
	}
	return &program{s}, took, err
}

// eventuallyOften tries twice a millisecond until it goes well.
func eventuallyOften(d time.Duration, try func() error) error {
	from := time.Now()
	for {
		err := try()
		if err == nil || time.Since(from) > d {
			return err
		}
		time.Sleep(500 * time.Microsecond)
	}
}

func benchServicesOnce(s settings, binary, dir string, f *figures) error {
	p, took, err := startProgram(binary, dir)
	if err != nil {
		return err
	}
	defer func() { kill(p.cmd) }()
	f.add("start to first answer, ms", took.Seconds()*1e3)
	time.Sleep(time.Second)
	f.add("resident, idle, MB", float64(p.rss())/1e6)
	for _, step := range []struct {
		name string
		do   func(settings, *figures) error
	}{{"prepare", p.prepare}, {"clients", p.clients}, {"maps", p.maps}, {"invoke", p.invoke}, {"objects", p.objects}} {
		if err := step.do(s, f); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
	}
	return nil
}

// ask makes a call of a service; head is pairs of a field and its value.
func (p *program) ask(method, service, path string, body []byte, head ...string) ([]byte, error) {
	req, err := http.NewRequest(method, "http://"+p.addr+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/"+service+"/aws4_request, SignedHeaders=host, Signature=0")
	for i := 0; i < len(head); i += 2 {
		req.Header.Set(head[i], head[i+1])
	}
	resp, err := p.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if method == http.MethodGet && resp.StatusCode < 300 {
		_, err = io.Copy(io.Discard, resp.Body)
		return nil, err
	}
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode >= 300 {
		err = fmt.Errorf("%s %s: %s %.300s", service, path, resp.Status, text)
	}
	return text, err
}

func (p *program) json(service, target, body string) ([]byte, error) {
	return p.ask(http.MethodPost, service, "/", []byte(body), "X-Amz-Target", target, "Content-Type", "application/x-amz-json-1.0")
}

const (
	serviceRole = "arn:aws:iam::000000000000:role/bench"
	arnPrefix   = "arn:aws:states:us-east-1:000000000000:"
)

const echoFunction = "def handler(event, context):\n    return event\n"

// zipped is an archive with one file.
func zipped(name, text string) ([]byte, error) {
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	file, err := w.Create(name)
	if err == nil {
		_, err = io.WriteString(file, text)
	}
	if err := errors.Join(err, w.Close()); err != nil {
		return nil, err
	}
	return archive.Bytes(), nil
}

// prepare makes a table, a queue, a bucket, a function and the workflows.
func (p *program) prepare(settings, *figures) error {
	archive, err := zipped("app.py", echoFunction)
	if err != nil {
		return err
	}
	function, err := json.Marshal(map[string]any{"FunctionName": "echo", "Role": serviceRole, "Runtime": "python3.12", "Handler": "app.handler",
		"Code": map[string]any{"ZipFile": archive}})
	if err != nil {
		return err
	}
	steps := []func() ([]byte, error){
		func() ([]byte, error) {
			return p.json("dynamodb", "DynamoDB_20120810.CreateTable", `{"TableName":"items","BillingMode":"PAY_PER_REQUEST",`+
				`"AttributeDefinitions":[{"AttributeName":"k","AttributeType":"S"}],"KeySchema":[{"AttributeName":"k","KeyType":"HASH"}]}`)
		},
		func() ([]byte, error) { return p.json("sqs", "AmazonSQS.CreateQueue", `{"QueueName":"q"}`) },
		func() ([]byte, error) { return p.ask(http.MethodPut, "s3", "/bucket", nil) },
		func() ([]byte, error) {
			return p.ask(http.MethodPost, "lambda", "/2015-03-31/functions", function, "Content-Type", "application/json")
		},
	}
	for _, step := range steps {
		if _, err := step(); err != nil {
			return err
		}
	}
	for name, text := range map[string]string{
		"puts":   mapOver("dynamodb:putItem", `{"TableName":"items","Item":{"k":{"S.$":"States.Format('{}-{}',$.x,$.n)"},"v":{"S":"some text"}}}`),
		"sends":  mapOver("sqs:sendMessage", `{"QueueUrl":"q","MessageBody":"some text"}`),
		"invoke": `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"echo","Payload":{"a":1}},"End":true}}}`,
	} {
		body, err := json.Marshal(map[string]string{"name": name, "definition": text, "roleArn": serviceRole})
		if err != nil {
			return err
		}
		if err := p.call("CreateStateMachine", string(body), nil); err != nil {
			return err
		}
	}
	return nil
}

func mapOver(resource, parameters string) string {
	return fmt.Sprintf(`{"StartAt":"M","States":{"M":{"Type":"Map","ItemsPath":"$.items","MaxConcurrency":%d,"ResultPath":null,"End":true,`+
		`"ItemSelector":{"x.$":"$$.Execution.Name","n.$":"$$.Map.Item.Value"},"ItemProcessor":{"StartAt":"A","States":{"A":{"Type":"Task",`+
		`"Resource":"arn:aws:states:::%s","Parameters":%s,"ResultPath":null,"End":true}}}}}}`, mapConcurrency, resource, parameters)
}

// clients measures calls by HTTP, one after the other on each of some connections. Both kinds share the length of a run.
func (p *program) clients(s settings, f *figures) error {
	var n atomic.Int64
	for name, call := range map[string]func() ([]byte, error){
		"SQS SendMessage over HTTP, /s": func() ([]byte, error) {
			return p.json("sqs", "AmazonSQS.SendMessage", `{"QueueUrl":"q","MessageBody":"some text"}`)
		},
		"DynamoDB PutItem over HTTP, /s": func() ([]byte, error) {
			return p.json("dynamodb", "DynamoDB_20120810.PutItem", fmt.Sprintf(`{"TableName":"items","Item":{"k":{"S":"%d"},"v":{"S":"some text"}}}`, n.Add(1)))
		},
	} {
		var wg sync.WaitGroup
		var done atomic.Int64
		var failed atomic.Pointer[error]
		from := time.Now()
		for range serviceClients {
			wg.Go(func() {
				for time.Since(from) < s.duration/2 {
					if _, err := call(); err != nil {
						failed.Store(&err)
						return
					}
					done.Add(1)
				}
			})
		}
		wg.Wait()
		if err := failed.Load(); err != nil {
			return *err
		}
		f.add(name, float64(done.Load())/time.Since(from).Seconds())
	}
	return nil
}

// maps measures a Map over many items whose one state calls a service.
func (p *program) maps(_ settings, f *figures) error {
	items := make([]string, mapItems)
	for i := range items {
		items[i] = fmt.Sprint(i)
	}
	input := `{"items":[` + strings.Join(items, ",") + `]}`
	for machine, name := range map[string]string{"puts": "DynamoDB putItem from a Map, /s", "sends": "SQS sendMessage from a Map, /s"} {
		took, err := p.execute(machine, "one", input)
		if err != nil {
			return err
		}
		f.add(name, mapItems/took.Seconds())
	}
	return nil
}

// execute runs an execution to its end, which has to be well, and returns how long it took by its own dates.
func (p *program) execute(machine, name, input string) (time.Duration, error) {
	body, err := json.Marshal(map[string]string{"stateMachineArn": arnPrefix + "stateMachine:" + machine, "name": name, "input": input})
	if err != nil {
		return 0, err
	}
	if err := p.call("StartExecution", string(body), nil); err != nil {
		return 0, err
	}
	for from := time.Now(); ; {
		var text []byte
		if err := p.call("DescribeExecution", `{"executionArn":"`+arnPrefix+"execution:"+machine+":"+name+`"}`, &text); err != nil {
			return 0, err
		}
		var d struct {
			Status, Cause       string
			StartDate, StopDate float64
		}
		if err := json.Unmarshal(text, &d); err != nil {
			return 0, err
		}
		switch d.Status {
		case "RUNNING":
			if time.Since(from) > stepLimit {
				return 0, fmt.Errorf("%s of %s still runs after %v", name, machine, stepLimit)
			}
			time.Sleep(2 * time.Millisecond)
		case "SUCCEEDED":
			return time.Duration((d.StopDate - d.StartDate) * float64(time.Second)), nil
		default:
			return 0, fmt.Errorf("%s is %s: %s", name, d.Status, d.Cause)
		}
	}
}

// invoke measures the round trip of lambda:invoke in a workflow, once the function's process is there.
func (p *program) invoke(_ settings, f *figures) error {
	var took []time.Duration
	for i := range 110 {
		d, err := p.execute("invoke", fmt.Sprint("invoke-", i), "{}")
		if err != nil {
			return err
		}
		if i >= 10 {
			took = append(took, d)
		}
	}
	f.add("lambda:invoke, warm, p50 of an execution, ms", percentile(took, 0.5).Seconds()*1e3)
	return nil
}

// objects measures objects by HTTP, one after the other.
func (p *program) objects(_ settings, f *figures) error {
	for _, o := range []struct {
		name        string
		size, times int
	}{{"1 MB", smallObject, 50}, {"100 MB", largeObject, 2}} {
		body := bytes.Repeat([]byte("0123456789abcdef"), o.size/16)
		for _, method := range []string{http.MethodPut, http.MethodGet} {
			from := time.Now()
			for i := range o.times {
				sent := body
				if method == http.MethodGet {
					sent = nil
				}
				if _, err := p.ask(method, "s3", fmt.Sprint("/bucket/object-", o.size, "-", i), sent); err != nil {
					return err
				}
			}
			f.add(fmt.Sprintf("S3 %s of %s, MB/s", method, o.name), float64(o.size*o.times)/1e6/time.Since(from).Seconds())
		}
	}
	return nil
}
