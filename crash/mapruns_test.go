package crash

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

const (
	lines   = 20_000 // of the file, without its header
	failing = 20     // of them: one in a thousand
)

var childTypes = []string{"EXPRESS", "STANDARD"}

// mapDefinition is a machine with a Map Run over all lines.
func mapDefinition(typ string) string {
	return `{"StartAt":"M","States":{"M":{"Type":"Map","Label":"L","MaxConcurrency":400,"ToleratedFailureCount":` + strconv.Itoa(failing) + `,
		"ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"InputType":"CSV","CSVHeaderLocation":"FIRST_ROW"},
			"Parameters":{"Bucket":"data","Key":"lines.csv"}},
		"ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Parameters":{"Bucket":"results","Prefix":"out"}},
		"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"` + typ + `"},"StartAt":"C","States":{
			"C":{"Type":"Choice","Choices":[{"Variable":"$.n","StringMatches":"*007","Next":"F"}],"Default":"P"},
			"F":{"Type":"Fail","Error":"Seven"},"P":{"Type":"Pass","End":true}}},
		"End":true}}}`
}

// csvOf makes a file of n lines, numbered with at least three digits.
func csvOf(n int) []byte {
	text := []byte("n,text\n")
	for i := range n {
		text = fmt.Appendf(text, "%03d,\"line %d, of many\"\n", i, i)
	}
	return text
}

// mapRound kills the program until a Map Run of each type has come to its end, though at most so often, and audits them.
// It returns how often it was killed.
func (c *campaign) mapRound(round, most int) (kills int) {
	var arns []string
	for _, typ := range childTypes {
		arns = append(arns, c.start("mapped"+typ, fmt.Sprint("round-", round), `{}`))
	}
	for kills < most && !c.t.Failed() {
		if !pause(c.ctx, time.Duration(200+c.intn(1800))*time.Millisecond) {
			return kills
		}
		running := false
		for _, arn := range arns {
			d, err := c.client.DescribeExecution(c.ctx, &sfn.DescribeExecutionInput{ExecutionArn: &arn})
			running = running || err != nil || d.Status == types.ExecutionStatusRunning
		}
		if !running {
			break
		}
		kills += c.kill()
	}
	for i, arn := range arns {
		if d := c.ended(arn); d != nil {
			c.auditMapped(childTypes[i], d)
		}
	}
	return kills
}

// auditMapped checks that a Map Run gave each line to one child, counted it once and wrote it once.
func (c *campaign) auditMapped(typ string, d *sfn.DescribeExecutionOutput) {
	wrong := func(format string, a ...any) { c.t.Errorf("%s: %s", *d.ExecutionArn, fmt.Sprintf(format, a...)) }
	var output struct {
		MapRunArn           string
		ResultWriterDetails struct{ Bucket, Key string }
	}
	if err := json.Unmarshal([]byte(aws.ToString(d.Output)), &output); d.Status != types.ExecutionStatusSucceeded || err != nil {
		wrong("it ended %v, %v", endingOf(d), err)
		return
	}
	var r *sfn.DescribeMapRunOutput
	if !c.must("describing a Map Run", func(ctx context.Context) (err error) {
		r, err = c.client.DescribeMapRun(ctx, &sfn.DescribeMapRunInput{MapRunArn: &output.MapRunArn})
		return err
	}) {
		return
	}
	if n := r.ItemCounts; n.Total != lines || n.Succeeded != lines-failing || n.Failed != failing || n.ResultsWritten != lines ||
		n.Pending+n.Running+n.Aborted+n.TimedOut != 0 {
		wrong("its counts are %+v", n)
	}
	if n := c.countChildren(output.MapRunArn); n != lines {
		wrong("its list has %d children", n)
	}
	c.auditFiles(filepath.Join(c.buckets, output.ResultWriterDetails.Bucket, output.ResultWriterDetails.Key), typ, wrong)
}

// countChildren counts the different children on the list of a Map Run.
func (c *campaign) countChildren(run string) int {
	names := make(map[string]bool)
	in := &sfn.ListExecutionsInput{MapRunArn: &run, MaxResults: 1000}
	for {
		var page *sfn.ListExecutionsOutput
		if !c.must("listing children", func(ctx context.Context) (err error) {
			page, err = c.client.ListExecutions(ctx, in)
			return err
		}) {
			return 0
		}
		for _, x := range page.Executions {
			if names[*x.Name] {
				c.t.Errorf("%s is on the list of %s twice", *x.Name, run)
			}
			names[*x.Name] = true
		}
		if in.NextToken = page.NextToken; in.NextToken == nil {
			return len(names)
		}
	}
}

// auditFiles checks the files of results, and that there are no others.
func (c *campaign) auditFiles(manifest, typ string, wrong func(string, ...any)) {
	var told struct {
		ResultFiles map[string][]struct {
			Key  string
			Size int64
		}
	}
	text, err := os.ReadFile(manifest)
	if err == nil {
		err = json.Unmarshal(text, &told)
	}
	if err != nil {
		wrong("its manifest: %v", err)
		return
	}
	named := map[string]bool{filepath.Base(manifest): true}
	written := make(map[int]int)
	count := make(map[string]int)
	for kind, files := range told.ResultFiles {
		for _, f := range files {
			named[filepath.Base(f.Key)] = true
			var list []struct{ Input, Status, ExecutionArn string }
			text, err := os.ReadFile(filepath.Join(c.buckets, "results", f.Key))
			if err == nil {
				err = json.Unmarshal(text, &list)
			}
			if err != nil || int64(len(text)) != f.Size {
				wrong("%s has %d bytes, of %d: %v", f.Key, len(text), f.Size, err)
			}
			count[kind] += len(list)
			for _, x := range list {
				var in struct{ N string }
				if err := json.Unmarshal([]byte(x.Input), &in); err != nil || x.Status != kind {
					wrong("a record of %s is %+v", kind, x)
				}
				n, _ := strconv.Atoi(in.N)
				written[n]++
				if want := ":express:"; strings.Contains(x.ExecutionArn, want) != (typ == "EXPRESS") {
					wrong("a child is %s", x.ExecutionArn)
				}
			}
		}
	}
	if count["SUCCEEDED"] != lines-failing || count["FAILED"] != failing || count["PENDING"] != 0 {
		wrong("its files have records of %v", count)
	}
	for n := range lines {
		if written[n] != 1 {
			wrong("line %d was written %d times", n, written[n])
		}
	}
	found, err := os.ReadDir(filepath.Dir(manifest))
	if err != nil {
		wrong("%v", err)
	}
	for _, f := range found {
		if !named[f.Name()] {
			wrong("%s is no file of its manifest", f.Name())
		}
	}
}
