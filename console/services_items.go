package console

import (
	"encoding/base64"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/value"
)

// scanTable shows items of a table in the order in which a Scan gives them.
func scanTable(v *viewing, id, after string) (*Items, error) {
	in := []value.Member{param("TableName", id), paramInt("Limit", pageItems)}
	if after != "" {
		key, err := positionOf(after)
		if err != nil {
			return nil, err
		}
		in = append(in, value.Member{Key: "ExclusiveStartKey", Value: key})
	}
	out, err := v.call("Scan", in...)
	if err != nil {
		return nil, err
	}
	described, err := v.call("DescribeTable", param("TableName", id))
	if err != nil {
		return nil, err
	}
	t := v.table()
	for _, k := range at(described, "Table", "KeySchema").Elems() {
		t.Columns = append(t.Columns, textAt(k, "AttributeName"))
	}
	for _, item := range at(out, "Items").Elems() {
		t.addItem(plainAttributes(item))
	}
	next := ""
	if key := at(out, "LastEvaluatedKey"); key.Len() > 0 {
		next = base64.RawURLEncoding.EncodeToString([]byte(key.Compact()))
	}
	return t.page(next), nil
}

// positionOf reads a position that is a document.
func positionOf(after string) (value.Value, error) {
	text, err := base64.RawURLEncoding.DecodeString(after)
	if err == nil {
		var v value.Value
		if v, err = value.ParseBytes(text); err == nil {
			return v, nil
		}
	}
	return value.Value{}, &statelark.Error{Code: codeValidation, Message: "The position is none that an answer had."}
}

// addItem adds an object, whose members are columns as far as there is room for them.
func (t *table) addItem(item value.Value) {
	shown := t.v.text(item.Compact())
	if masked, err := value.Parse(shown); err == nil {
		item = masked
	}
	row := map[string]string{}
	for _, m := range item.Members() {
		if !slices.Contains(t.Columns, m.Key) {
			if len(t.Columns) >= maxItemColumns {
				continue
			}
			t.Columns = append(t.Columns, m.Key)
		}
		row[m.Key] = cellOf(plain(m.Value))
	}
	t.Items.Items, t.Details = append(t.Items.Items, row), append(t.Details, shown)
}

// plainAttributes makes plain JSON of an item of DynamoDB.
func plainAttributes(item value.Value) value.Value {
	members := make([]value.Member, 0, item.Len())
	for _, m := range item.Members() {
		members = append(members, value.Member{Key: m.Key, Value: plainAttribute(m.Value)})
	}
	return value.NewObject(members)
}

func plainAttribute(v value.Value) value.Value {
	if v.Len() != 1 {
		return v
	}
	m := v.Members()[0]
	switch m.Key {
	case "N":
		return value.FromNumberText(m.Value.Str())
	case "NULL":
		return value.NullValue
	case "M":
		return plainAttributes(m.Value)
	case "L", "NS":
		elems := make([]value.Value, 0, m.Value.Len())
		for _, e := range m.Value.Elems() {
			if m.Key == "NS" {
				elems = append(elems, value.FromNumberText(e.Str()))
				continue
			}
			elems = append(elems, plainAttribute(e))
		}
		return value.NewArray(elems)
	}
	return m.Value
}

// peekQueue shows messages, those that were sent first.
func peekQueue(v *viewing, id, after string) (*Items, error) {
	list, next, err := v.server.opts.Services.Peek(v.server.opts.Place, id, after, pageItems)
	if err != nil {
		return nil, refusalOf(err)
	}
	t := v.table("Sent", "State", "Received", "Body")
	for _, m := range list {
		body := v.text(m.Body)
		sent := ""
		if ms, err := strconv.ParseInt(m.Attributes["SentTimestamp"], 10, 64); err == nil {
			at := timeOf(float64(ms) / 1e3)
			sent = stamp(&at)
		}
		whole := value.NewObject([]value.Member{
			param("MessageId", m.ID), param("State", m.State), {Key: "Body", Value: jsonOrText(body)},
			{Key: "Attributes", Value: textsOf(m.Attributes)}, {Key: "MessageAttributes", Value: textsOf(m.Own)},
		})
		t.add(whole, sent, m.State, m.Attributes["ApproximateReceiveCount"], body)
	}
	return t.page(next), nil
}

// jsonOrText is the value of a JSON text, or the text.
func jsonOrText(text string) value.Value {
	if v, err := value.Parse(text); err == nil {
		return v
	}
	return value.FromString(text)
}

func textsOf(m map[string]string) value.Value {
	members := make([]value.Member, 0, len(m))
	for key, text := range m {
		members = append(members, param(key, text))
	}
	slices.SortFunc(members, func(a, b value.Member) int { return strings.Compare(a.Key, b.Key) })
	return value.NewObject(members)
}

func listSubscriptions(v *viewing, id, after string) (*Items, error) {
	out, err := v.call("ListSubscriptionsByTopic", with([]value.Member{param("TopicArn", id)}, "NextToken", after)...)
	if err != nil {
		return nil, err
	}
	t := v.table("Protocol", "Endpoint", "Subscription")
	for _, row := range at(out, "Subscriptions").Elems() {
		t.add(row, textAt(row, "Protocol"), textAt(row, "Endpoint"), lastOf(textAt(row, "SubscriptionArn"), ":"))
	}
	return t.page(textAt(out, "NextToken")), nil
}

// listObjects shows objects, with the beginning of those that are text.
func listObjects(v *viewing, id, after string) (*Items, error) {
	in := with([]value.Member{param("Bucket", id), paramInt("MaxKeys", pageItems)}, "ContinuationToken", after)
	out, err := v.call("ListObjectsV2", in...)
	if err != nil {
		return nil, err
	}
	t := v.table("Key", "Size", "Modified", "Preview")
	for _, row := range at(out, "Contents").Elems() {
		preview, err := v.preview(id, textAt(row, "Key"))
		if err != nil {
			return nil, err
		}
		whole := value.NewObject(append(slices.Clone(row.Members()), param("Preview", preview)))
		t.add(whole, textAt(row, "Key"), bytesOf(at(row, "Size")), stamp(secondsAt(row, "LastModified")), preview)
	}
	return t.page(textAt(out, "NextContinuationToken")), nil
}

// preview reads the beginning of an object that is text; "" for others, and for what is gone meanwhile or cannot be read.
func (v *viewing) preview(bucket, key string) (string, error) {
	reply, err := v.send("GetObject", param("Bucket", bucket), param("Key", key))
	var refused *statelark.Error
	switch {
	case errors.As(err, &refused):
		return "", nil
	case err != nil:
		return "", err
	case reply.Body == nil:
		return "", nil
	}
	defer func() { _ = reply.Body.Close() }() // it was read only
	text, err := io.ReadAll(io.LimitReader(reply.Body, previewBytes))
	if err != nil {
		return "", err
	}
	for i := 1; i < utf8.UTFMax && !utf8.Valid(text) && i < len(text); i++ { // it may be cut in the middle of a character
		if cut := text[:len(text)-i]; utf8.Valid(cut) {
			text = cut
		}
	}
	if !utf8.Valid(text) || strings.ContainsRune(string(text), 0) {
		return "", nil
	}
	return v.text(string(text)), nil
}

func listFunctionVersions(v *viewing, id, after string) (*Items, error) {
	out, err := v.call("ListVersionsByFunction", with([]value.Member{param("FunctionName", id), paramInt("MaxItems", pageItems)}, "Marker", after)...)
	if err != nil {
		return nil, err
	}
	t := v.table("Version", "Runtime", "Handler", "Code", "Changed", "State")
	for _, row := range at(out, "Versions").Elems() {
		t.add(hiding(row, "Environment"), textAt(row, "Version"), textAt(row, "Runtime"), textAt(row, "Handler"), bytesOf(at(row, "CodeSize")),
			textAt(row, "LastModified"), textAt(row, "State"))
	}
	return t.page(textAt(out, "NextMarker")), nil
}

func listLogEvents(v *viewing, id, after string) (*Items, error) {
	out, err := v.call("FilterLogEvents", with([]value.Member{param("logGroupName", id), paramInt("limit", 2*pageItems)}, "nextToken", after)...)
	if err != nil {
		return nil, err
	}
	t := v.table("Time", "Stream", "Message")
	for _, row := range at(out, "events").Elems() {
		message := v.text(strings.TrimRight(textAt(row, "message"), "\n"))
		whole := value.NewObject([]value.Member{
			{Key: "timestamp", Value: at(row, "timestamp")}, param("logStreamName", textAt(row, "logStreamName")), {Key: "message", Value: jsonOrText(message)},
		})
		t.add(whole, stamp(millisAt(row, "timestamp")), textAt(row, "logStreamName"), message)
	}
	return t.page(textAt(out, "nextToken")), nil
}

func listTargets(v *viewing, id, after string) (*Items, error) {
	i := strings.LastIndex(id, "/")
	if i < 0 {
		return nil, &statelark.Error{Code: codeValidation, Message: "The id of a rule is BUS/NAME."}
	}
	in := []value.Member{param("EventBusName", id[:i]), param("Rule", id[i+1:])}
	out, err := v.call("ListTargetsByRule", with(in, "NextToken", after)...)
	if err != nil {
		return nil, err
	}
	t := v.table("Id", "Target", "Input")
	for _, row := range at(out, "Targets").Elems() {
		t.add(row, textAt(row, "Id"), textAt(row, "Arn"), v.text(textAt(row, "Input")+textAt(row, "InputPath")))
	}
	return t.page(textAt(out, "NextToken")), nil
}

// showSecret shows what is known of a secret, which is not its value.
func showSecret(v *viewing, id, _ string) (*Items, error) {
	out, err := v.call("DescribeSecret", param("SecretId", id))
	if err != nil {
		return nil, err
	}
	t := v.table("Version", "Stages", "Value")
	for _, m := range at(out, "VersionIdsToStages").Members() {
		stages := []string{}
		for _, stage := range m.Value.Elems() {
			stages = append(stages, stage.Str())
		}
		t.add(out, m.Key, strings.Join(stages, ", "), Hidden)
	}
	return t.page(""), nil
}

// showParameter shows a parameter with its value, unless that is to be kept.
func showParameter(v *viewing, id, _ string) (*Items, error) {
	out, err := v.call("GetParameter", param("Name", id))
	if err != nil {
		return nil, err
	}
	p := at(out, "Parameter")
	if textAt(p, "Type") == "SecureString" {
		p = hiding(p, "Value")
	}
	t := v.table("Type", "Version", "Changed", "Value")
	shown := v.named(id, textAt(p, "Value"))
	t.add(p.With("Value", value.FromString(shown)), textAt(p, "Type"), textAt(p, "Version"), stamp(secondsAt(p, "LastModifiedDate")), shown)
	return t.page(""), nil
}

// named is a text that is known by a name, as the person may see it.
func (v *viewing) named(name, text string) string {
	name = lastOf(name, "/")
	whole, err := value.Parse(v.text(value.NewObject([]value.Member{param(name, text)}).Compact()))
	if err != nil {
		return Hidden
	}
	return v.text(textAt(whole, name))
}

// batchStatuses are those of jobs, of which AWS lists one at a time.
var batchStatuses = []string{"RUNNING", "STARTING", "RUNNABLE", "PENDING", "SUBMITTED", "FAILED", "SUCCEEDED"}

// listBatchJobs shows the jobs of a queue. The position is a status and the token of the list of its jobs.
func listBatchJobs(v *viewing, id, after string) (*Items, error) {
	status, token, _ := strings.Cut(after, " ")
	from := max(slices.Index(batchStatuses, status), 0)
	t := v.table("Job", "Name", "Status", "Created", "Reason")
	for i := from; i < len(batchStatuses); i++ {
		in := []value.Member{param("jobQueue", id), param("jobStatus", batchStatuses[i]), paramInt("maxResults", pageItems)}
		out, err := v.call("ListJobs", with(in, "nextToken", token)...)
		if err != nil {
			return nil, err
		}
		for _, row := range at(out, "jobSummaryList").Elems() {
			t.add(row, textAt(row, "jobId"), textAt(row, "jobName"), textAt(row, "status"), stamp(millisAt(row, "createdAt")), textAt(row, "statusReason"))
		}
		if token = textAt(out, "nextToken"); token != "" {
			return t.page(batchStatuses[i] + " " + token), nil
		}
		if len(t.Details) >= pageItems && i+1 < len(batchStatuses) {
			return t.page(batchStatuses[i+1]), nil
		}
	}
	return t.page(""), nil
}

// clusterStatuses are those that AWS lists tasks by.
var clusterStatuses = []string{"RUNNING", "STOPPED"}

// listClusterTasks shows the tasks of a cluster. The position is as that of listBatchJobs.
func listClusterTasks(v *viewing, id, after string) (*Items, error) {
	status, token, _ := strings.Cut(after, " ")
	from := max(slices.Index(clusterStatuses, status), 0)
	t := v.table("Task", "Group", "Status", "Started", "Stopped because")
	for i := from; i < len(clusterStatuses); i++ {
		in := []value.Member{param("cluster", id), param("desiredStatus", clusterStatuses[i]), paramInt("maxResults", pageItems)}
		out, err := v.call("ListTasks", with(in, "nextToken", token)...)
		if err != nil {
			return nil, err
		}
		if err := t.addTasks(id, at(out, "taskArns")); err != nil {
			return nil, err
		}
		if token = textAt(out, "nextToken"); token != "" {
			return t.page(clusterStatuses[i] + " " + token), nil
		}
	}
	return t.page(""), nil
}

func (t *table) addTasks(cluster string, tasks value.Value) error {
	if tasks.Len() == 0 {
		return nil
	}
	out, err := t.v.call("DescribeTasks", param("cluster", cluster), value.Member{Key: "tasks", Value: tasks})
	if err != nil {
		return err
	}
	for _, row := range at(out, "tasks").Elems() {
		t.add(hiding(row, "overrides"), lastOf(textAt(row, "taskArn"), "/"), textAt(row, "group"), textAt(row, "lastStatus"),
			stamp(secondsAt(row, "startedAt")), textAt(row, "stoppedReason"))
	}
	return nil
}

func listJobRuns(v *viewing, id, after string) (*Items, error) {
	out, err := v.call("GetJobRuns", with([]value.Member{param("JobName", id), paramInt("MaxResults", pageItems)}, "NextToken", after)...)
	if err != nil {
		return nil, err
	}
	t := v.table("Run", "State", "Started", "Ended", "Error")
	for _, row := range at(out, "JobRuns").Elems() {
		t.add(row, textAt(row, "Id"), textAt(row, "JobRunState"), stamp(secondsAt(row, "StartedOn")), stamp(secondsAt(row, "CompletedOn")), textAt(row, "ErrorMessage"))
	}
	return t.page(textAt(out, "NextToken")), nil
}
