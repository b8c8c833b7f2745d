package model

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestEverything loads every service, and holds the table to what made it.
func TestEverything(t *testing.T) {
	text, err := os.ReadFile("make/PROVENANCE.json")
	if err != nil {
		t.Fatal(err)
	}
	var about struct {
		Services, Operations int
		SHA256               string `json:"file_sha256"`
	}
	if err := json.Unmarshal(text, &about); err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256([]byte(table)); hex.EncodeToString(sum[:]) != about.SHA256 {
		t.Error("models.bin is not the file that make/PROVENANCE.json is about")
	}
	operations := 0
	tasks := map[string]string{}
	for _, name := range Names() {
		s := Load(name)
		operations += len(s.Operations)
		if s.Name != name || s.ID == "" || s.SigningName == "" || s.Protocol == 0 || s != Load(name) {
			t.Errorf("%s: %+v", name, s)
		}
		if other, taken := tasks[s.TaskName()]; taken {
			t.Logf("%s and %s are both %s", other, name, s.TaskName())
			continue
		}
		tasks[s.TaskName()] = name
		if ByTask(s.TaskName()) != s {
			t.Errorf("%s is not found by %s", name, s.TaskName())
		}
	}
	if len(Names()) != about.Services || operations != about.Operations {
		t.Errorf("%d services with %d operations, want %d and %d", len(Names()), operations, about.Services, about.Operations)
	}
	if len(tasks) < len(Names())-1 {
		t.Errorf("%d of %d services have a name of their own", len(tasks), len(Names()))
	}
	if Load("nothing") != nil || Load("") != nil || ByTask("nothing") != nil {
		t.Error("there is a service that does not exist")
	}
}

// TestMade makes the content of the table again, of the botocore that it was made of. It takes ten seconds, and changes only with
// the table: CI does it.
func TestMade(t *testing.T) {
	if os.Getenv("STATELARK_REQUIRE_CLIENTS") == "" {
		t.Skip("STATELARK_REQUIRE_CLIENTS is not set")
	}
	text, err := os.ReadFile("make/PROVENANCE.json")
	if err != nil {
		t.Fatal(err)
	}
	var about struct{ Version string }
	if err := json.Unmarshal(text, &about); err != nil {
		t.Fatal(err)
	}
	version, err := exec.Command("python3", "-c", "import botocore; print(botocore.__version__)").Output()
	if got := strings.TrimSpace(string(version)); err != nil || got != about.Version {
		t.Fatalf("botocore is %q (%v), the table was made of %s", got, err, about.Version)
	}
	if out, err := exec.Command("python3", "make/models.py", "--check").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestGolden looks at services of every protocol.
func TestGolden(t *testing.T) {
	db := Load("dynamodb")
	put := db.Operations["PutItem"]
	if db.TargetPrefix != "DynamoDB_20120810" || db.JSONVersion != "1.0" || db.Protocol != JSON || !db.Constrained ||
		put.Method != "POST" || put.Path != "/" || put.Input.Name != "PutItemInput" {
		t.Errorf("dynamodb: %+v %+v", db, put)
	}
	table := put.Input.Member("TableName")
	if !table.Required || table.Shape.Kind != String || table.Shape.Min != 1 || table.Shape.Max != 1024 {
		t.Errorf("TableName: %+v %+v", table, table.Shape)
	}
	attribute := put.Input.Member("Item").Shape.Elem
	if attribute.Member("M").Shape.Elem != attribute || attribute.Member("B").Shape.Kind != Blob {
		t.Errorf("an attribute value does not contain itself: %+v", attribute)
	}
	s3 := Load("s3")
	get := s3.Operations["GetObject"]
	body := get.Output.Member("Body")
	if get.Path != "/{Bucket}/{Key+}" || get.Output.Payload != "Body" || !body.Streaming || body.Shape.Kind != Blob ||
		get.Input.Member("Range").Location != Header || s3.Protocol != RESTXML {
		t.Errorf("GetObject: %+v %+v", get, body)
	}
	if d := s3.Operations["DeleteObjects"]; !d.Checksum || d.ChecksumMember != "ChecksumAlgorithm" || d.Input.Payload != "Delete" ||
		!d.Input.Member("Delete").Shape.Member("Objects").Flattened || d.Input.Member("Delete").Shape.Member("Objects").Wire != "Object" {
		t.Errorf("DeleteObjects: %+v", d)
	}
	sqs := Load("sqs")
	if m := sqs.Operations["SendMessage"].Input.Member("MessageAttributes"); !sqs.QueryErrors || m.QueryName != "MessageAttribute" || m.Shape.KeyName != "Name" {
		t.Errorf("SendMessage: %+v", m)
	}
	if cw := Load("cloudwatch"); cw.Protocol != JSON || len(cw.Protocols) != 3 || cw.SigningName != "monitoring" {
		t.Errorf("cloudwatch: %+v", cw)
	}
	if ec2 := Load("ec2"); ec2.Protocol != EC2 || ec2.Version != "2016-11-15" || len(ec2.Operations) < 700 {
		t.Errorf("ec2: %s %d", ec2.Version, len(ec2.Operations))
	}
	if e := Load("sns").Operations["Publish"].Errors[0]; !e.Error || e.ErrorStatus == 0 || e.Name == "" {
		t.Errorf("an error of Publish: %+v", e)
	}
	if o := Load("sts").Operations["AssumeRoleWithSAML"]; !o.Unsigned {
		t.Errorf("AssumeRoleWithSAML: %+v", o)
	}
}

// TestSize bounds what the table costs the binary, and a service memory and time. Measured: sqs 0.1 ms, s3 0.6 ms, ec2 3 ms.
func TestSize(t *testing.T) {
	if len(table) > 1600<<10 {
		t.Errorf("models.bin has %d bytes", len(table))
	}
	for _, test := range []struct {
		name  string
		bytes int64
		time  time.Duration
	}{{"sqs", 200 << 10, 20 * time.Millisecond}, {"s3", 1 << 20, 50 * time.Millisecond}, {"ec2", 8 << 20, 400 * time.Millisecond}} {
		x := readIndex() // of its own: nothing is cached
		e := x.find(test.name)
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		start := time.Now()
		s := x.load(e)
		took := time.Since(start)
		runtime.GC()
		runtime.ReadMemStats(&after)
		held := int64(after.HeapAlloc) - int64(before.HeapAlloc)
		t.Logf("%s: %d operations, %v, %d bytes", s.Name, len(s.Operations), took, held)
		if held > test.bytes {
			t.Errorf("%s takes %d bytes, want at most %d", test.name, held, test.bytes)
		}
		if took > test.time {
			t.Errorf("%s takes %v, want at most %v", test.name, took, test.time)
		}
		runtime.KeepAlive(x)
	}
}

func BenchmarkLoad(b *testing.B) {
	for _, name := range []string{"sqs", "dynamodb", "s3", "ec2"} {
		x := readIndex()
		e := x.find(name)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				x.unpack(e.frame).service(name)
			}
		})
	}
}

func BenchmarkIndex(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		readIndex()
	}
}
