package jobs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/process"
	"github.com/statelark/statelark/value"
)

// program is what a job runs.
type program struct {
	argv []string
	dir  string
	env  []string // over what the job has
	own  bool     // it runs in a container: the job's variables are passed on by name
	kill []string // what ends it beside a signal; nil: nothing needs to
	temp string   // removed when it has ended; "": nothing is
}

func (p *program) done() {
	if p.temp != "" {
		_ = os.RemoveAll(p.temp) // it is of no more use
	}
}

// resolve finds what a job runs: see doc.go.
func (r *Runner) resolve(job *Job) (*program, error) {
	for _, name := range job.Names {
		if c, ok := r.o.Commands[name]; ok && name != "" && len(c.Argv) > 0 {
			p := &program{argv: slices.Concat(c.Argv, job.Argv), dir: c.Dir}
			for _, key := range slices.Sorted(maps.Keys(c.Env)) {
				p.env = append(p.env, key+"="+c.Env[key])
			}
			return p, nil
		}
	}
	switch {
	case job.Script != "":
		return r.script(job)
	case job.Image != "" && r.o.Containers != nil && r.o.Containers.Ready():
		name := "statelark-" + uuid.NewString()
		argv, kill := r.o.Containers.Run(Container{Name: name, Image: job.Image, Entry: job.Entry, Argv: job.Argv, Env: r.containerVars(job)})
		return &program{argv: argv, kill: kill, own: true}, nil
	}
	argv := slices.Concat(job.Entry, job.Argv)
	if len(argv) == 0 {
		return nil, fmt.Errorf("CannotPullContainerError: %s has no command that could be run here: configure one for it", job.Image)
	}
	if _, err := exec.LookPath(argv[0]); err != nil {
		return nil, fmt.Errorf("CannotPullContainerError: %s is no program of this machine, and nothing is configured for %s",
			argv[0], strings.Join(slices.DeleteFunc(slices.Clone(job.Names), func(n string) bool { return n == "" }), " or "))
	}
	return &program{argv: argv}, nil
}

// scriptTime bounds how long it takes to get a script, scriptBytes how long it is.
const (
	scriptTime  = time.Minute
	scriptBytes = 16 << 20
)

// script gets the script of a job, from S3 or from the disk.
func (r *Runner) script(job *Job) (*program, error) {
	bucket, key, remote := s3URI(job.Script)
	if !remote {
		if _, err := os.Stat(job.Script); err != nil {
			return nil, fmt.Errorf("the script %s is not there", job.Script)
		}
		return &program{argv: slices.Concat([]string{"python3", job.Script}, job.Argv)}, nil
	}
	if r.o.Others == nil {
		return nil, fmt.Errorf("the script %s is in S3, which is not here", job.Script)
	}
	text, err := r.object(job, bucket, key)
	if err != nil {
		return nil, fmt.Errorf("reading the script %s: %w", job.Script, err)
	}
	dir, err := os.MkdirTemp("", "statelark-job-")
	if err != nil {
		return nil, err
	}
	p := &program{temp: dir}
	file := filepath.Join(dir, filepath.Base("/"+key))
	if err := errors.Join(os.Chmod(dir, 0o755), os.WriteFile(file, text, 0o644)); err != nil { // jobs may run as another user
		p.done()
		return nil, err
	}
	p.argv = slices.Concat([]string{"python3", file}, job.Argv)
	return p, nil
}

func s3URI(text string) (bucket, key string, ok bool) {
	rest, ok := strings.CutPrefix(text, "s3://")
	bucket, key, cut := strings.Cut(rest, "/")
	return bucket, key, ok && cut && bucket != "" && key != ""
}

// object reads an object of the S3 that is built in.
func (r *Runner) object(job *Job, bucket, key string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(r.ctx, scriptTime)
	defer cancel()
	reply, err := r.o.Others.Call(ctx, &awswire.Request{
		Service: "s3", Operation: "GetObject", Place: job.Place, ID: uuid.NewString(), Endpoint: r.o.Endpoint,
		Input: value.NewObject([]value.Member{{Key: "Bucket", Value: value.FromString(bucket)}, {Key: "Key", Value: value.FromString(key)}}),
	})
	if err != nil {
		return nil, err
	}
	if reply.Body == nil {
		return nil, nil
	}
	defer func() { _ = reply.Body.Close() }() // it was read
	text, err := io.ReadAll(io.LimitReader(reply.Body, scriptBytes+1))
	if err == nil && len(text) > scriptBytes {
		err = fmt.Errorf("it is larger than %d bytes", scriptBytes)
	}
	return text, err
}

// environment is what a program sees: what it inherits, where the server is, what the job has, what is configured.
func (r *Runner) environment(job *Job, p *program) []string {
	return slices.Concat(r.inherited, r.containerVars(job), p.env)
}

// containerVars are the variables that a job has wherever it runs.
func (r *Runner) containerVars(job *Job) []string {
	vars := []string{"AWS_REGION=" + job.Place.Region, "AWS_DEFAULT_REGION=" + job.Place.Region}
	if r.o.Endpoint != "" {
		vars = append(vars, "AWS_ENDPOINT_URL="+r.o.Endpoint)
	}
	account := ""
	if r.o.AccountKeys {
		account = job.Place.Account
	}
	return slices.Concat(vars, process.Keys(r.inherited, account), job.Env)
}

// lastLine is the last line of an output that is not empty.
func lastLine(text []byte) string {
	text = bytes.TrimSpace(text)
	if i := bytes.LastIndexByte(text, '\n'); i >= 0 {
		text = text[i+1:]
	}
	return strings.ToValidUTF8(string(text[max(0, len(text)-1024):]), "\uFFFD")
}
