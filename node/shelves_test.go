package node

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/client"
	"github.com/statelark/statelark/console"
	"github.com/statelark/statelark/value"
)

// askConsole asks the console of a node.
func askConsole[T any](t *testing.T, n *Node, method, path string, in any) (out T, status int) {
	t.Helper()
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		body = strings.NewReader(string(text))
	}
	r, err := http.NewRequestWithContext(t.Context(), method, n.URL()+"/api/"+path, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(console.Header, "1")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer http.DefaultClient.CloseIdleConnections()
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil {
		err = json.Unmarshal(text, &out)
	}
	if err != nil {
		t.Fatalf("%s %s: %s: %v", method, path, text, err)
	}
	return out, answer.StatusCode
}

// TestSampleByConsole runs samples in one click, twice: what the first has made the second finds.
func TestSampleByConsole(t *testing.T) {
	noLeaks(t)
	n := startNode(t, "")
	defer closeNode(t, n)
	for _, name := range []string{"order", "nested", "activity", "map"} {
		for _, again := range []bool{false, true} {
			run, status := askConsole[console.SampleRun](t, n, "POST", "samples/run", console.SampleRequest{Name: name})
			if status != http.StatusOK || run.ExecutionARN == "" || len(run.Created) == 0 {
				t.Fatalf("%s: %d %+v", name, status, run)
			}
			for _, made := range run.Created {
				if made.Kept != again || made.Name == "" || made.URL == "" {
					t.Errorf("%s, again %t: %+v", name, again, made)
				}
			}
		}
	}
	if refused, status := askConsole[console.Failure](t, n, "POST", "samples/run", console.SampleRequest{Name: "import"}); status != http.StatusBadRequest {
		t.Errorf("a sample that is run by hand: %d %+v", status, refused)
	}
	if refused, status := askConsole[console.Failure](t, n, "POST", "samples/run", console.SampleRequest{Name: "../stack"}); status != http.StatusNotFound {
		t.Errorf("no sample: %d %+v", status, refused)
	}
	all, _ := askConsole[console.Samples](t, n, "GET", "samples", nil)
	for _, s := range all.Samples {
		if s.Title == "" || s.Workflow == "" && s.Needs == nil {
			t.Errorf("%+v", s)
		}
	}
}

// fill puts something into services, through the API that clients use.
func fill(t *testing.T, n *Node) {
	t.Helper()
	c := client.New(n.URL(), n.cfg.Place)
	t.Cleanup(c.HTTP.CloseIdleConnections)
	services, place, err := c.Services(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, call := range []struct{ service, operation, in string }{
		{"dynamodb", "CreateTable", `{"TableName":"Things","KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],"AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],"BillingMode":"PAY_PER_REQUEST"}`},
		{"sqs", "CreateQueue", `{"QueueName":"Q"}`},
		{"sns", "CreateTopic", `{"Name":"N"}`},
		{"s3", "CreateBucket", `{"Bucket":"bucket","CreateBucketConfiguration":{"LocationConstraint":"eu-west-1"}}`},
		{"logs", "CreateLogGroup", `{"logGroupName":"/g"}`},
		{"logs", "CreateLogStream", `{"logGroupName":"/g","logStreamName":"s"}`},
		{"events", "PutRule", `{"Name":"R","EventPattern":"{\"source\":[\"x\"]}"}`},
		{"secretsmanager", "CreateSecret", `{"Name":"S","SecretString":"hunter2"}`},
		{"ssm", "PutParameter", `{"Name":"/open","Type":"String","Value":"seen"}`},
		{"ssm", "PutParameter", `{"Name":"/shut","Type":"SecureString","Value":"hunter2"}`},
		{"ecs", "CreateCluster", `{"clusterName":"C"}`},
	} {
		in, err := value.Parse(call.in)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := services.Call(t.Context(), &awswire.Request{Service: call.service, Operation: call.operation, Place: place, Input: in}); err != nil {
			t.Fatalf("%s:%s: %v", call.service, call.operation, err)
		}
	}
	for i := range 120 {
		for _, call := range []struct{ service, operation, in string }{
			{"dynamodb", "PutItem", fmt.Sprintf(`{"TableName":"Things","Item":{"id":{"S":"i%d"},"n":{"N":"1"},"deep":{"M":{"l":{"L":[{"BOOL":true}]}}}}}`, i)},
			{"sqs", "SendMessage", fmt.Sprintf(`{"QueueUrl":"Q","MessageBody":"{\"i\":%d}"}`, i)},
		} {
			in, _ := value.Parse(call.in)
			if _, err := services.Call(t.Context(), &awswire.Request{Service: call.service, Operation: call.operation, Place: place, Input: in}); err != nil {
				t.Fatalf("%s:%s: %v", call.service, call.operation, err)
			}
		}
	}
}

// TestContents looks at everything that services have, page by page, and sees that looking has changed nothing.
func TestContents(t *testing.T) {
	noLeaks(t)
	n := startNode(t, "")
	defer closeNode(t, n)
	fill(t, n)
	contents, _ := askConsole[console.Contents](t, n, "GET", "services", nil)
	seen := map[string]int{}
	for range 2 { // a message that was looked at is there again
		for _, row := range contents.Services {
			list, status := askConsole[console.Resources](t, n, "GET", "services/resources?service="+row.Name, nil)
			if status != http.StatusOK || len(list.Resources) != row.Count {
				t.Errorf("%s: %d, %d of %d resources", row.Name, status, len(list.Resources), row.Count)
			}
			for _, r := range list.Resources {
				seen[row.Name] += countItems(t, n, row.Name, r.ID)
			}
		}
	}
	for service, want := range map[string]int{"dynamodb": 240, "sqs": 240, "ssm": 4, "secretsmanager": 2, "s3": 0} {
		if seen[service] != want {
			t.Errorf("%s: %d items in two rounds, want %d", service, seen[service], want)
		}
	}
	queues, _ := askConsole[console.Resources](t, n, "GET", "services/resources?service=sqs", nil)
	if got := queues.Resources[0].Facts; got["messages"] != "120" || got["in flight"] != "0" {
		t.Errorf("the queue that was looked at: %v", got)
	}
}

// countItems goes through the pages of a resource. Nothing that is kept in secret is shown.
func countItems(t *testing.T, n *Node, service, id string) int {
	t.Helper()
	count, after := 0, ""
	for {
		page, status := askConsole[console.Items](t, n, "GET", "services/items?service="+service+"&id="+url.QueryEscape(id)+"&after="+url.QueryEscape(after), nil)
		if status != http.StatusOK {
			t.Fatalf("%s %s: %d", service, id, status)
		}
		if text := fmt.Sprint(page); strings.Contains(text, "hunter2") {
			t.Errorf("%s shows a secret: %s", service, text)
		}
		if len(page.Items) != len(page.Details) || len(page.Items) > 100 {
			t.Errorf("%s: %d items and %d details", service, len(page.Items), len(page.Details))
		}
		count += len(page.Items)
		if after = page.Next; after == "" {
			return count
		}
	}
}

// What is elsewhere is not looked at.
func TestContentsElsewhere(t *testing.T) {
	noLeaks(t)
	n, err := Start(t.Context(), Config{Listen: "127.0.0.1:0", Services: map[string]Service{"sqs": {Endpoint: "http://127.0.0.1:9"}}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer closeNode(t, n)
	contents, _ := askConsole[console.Contents](t, n, "GET", "services", nil)
	for _, row := range contents.Services {
		if (row.Where == Embedded) == (row.Name == "sqs") {
			t.Errorf("%s is at %s", row.Name, row.Where)
		}
	}
	if _, status := askConsole[console.Failure](t, n, "GET", "services/resources?service=sqs", nil); status != http.StatusBadRequest {
		t.Errorf("looking at what is elsewhere: %d", status)
	}
}
