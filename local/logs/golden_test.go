package logs

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/statelark/statelark/local/kv"
)

// TestVersion1 reads rows as the first version has written them: keys and values, quoted, one a line. The file never changes; a
// later form gets one of its own.
func TestVersion1(t *testing.T) {
	text, err := os.ReadFile("testdata/version1.txt")
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(t, nil)
	var batch kv.Batch
	for line := range strings.Lines(string(text)) {
		key, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		k, err1 := strconv.Unquote(key)
		v, err2 := strconv.Unquote(rest)
		if err1 != nil || err2 != nil {
			t.Fatalf("%s: %v, %v", line, err1, err2)
		}
		batch.Set([]byte(k), []byte(v))
	}
	if err := b.o.Store.Apply(&batch); err != nil {
		t.Fatal(err)
	}
	b.want(b.do("GetLogEvents", `{"logGroupName":"g","logStreamName":"s","startFromHead":true}`), `"one"`, "events", 0, "message")
	b.want(b.do("DescribeLogGroups", `{}`), "30", "logGroups", 0, "retentionInDays")
	b.want(b.do("DescribeMetricFilters", `{"logGroupName":"g"}`), `"f"`, "metricFilters", 0, "filterName")
	b.want(b.do("ListTagsLogGroup", `{"logGroupName":"g"}`), `{"k":"v"}`, "tags")
	b.want(b.do("DescribeResourcePolicies", `{}`), `"p"`, "resourcePolicies", 0, "policyName")
	b.want(b.do("DescribeDestinations", `{}`), `"d"`, "destinations", 0, "destinationName")
	b.want(b.do("DescribeQueries", `{}`), `"fields n"`, "queries", 0, "queryString")
}
