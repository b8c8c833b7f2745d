package crash

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// audit holds what the services tell after a restart against the books.
func (y *yard) audit() {
	for _, x := range shelves {
		y.auditShelf(x)
	}
	y.auditLines()
	y.auditVersions()
	y.auditCounters()
}

// auditShelf reads every thing, and holds the list against what is there.
func (y *yard) auditShelf(x *shelf) {
	var there []string
	for key := range y.books[x] {
		if y.look(x, key) {
			there = append(there, key)
		}
	}
	if x.name == "function" {
		y.auditStates(there)
	}
	listed, err := x.list(y.ctx, y.c)
	if err != nil {
		y.wrong("listing %s: %v", x.name, err)
		return
	}
	slices.Sort(there)
	slices.Sort(listed)
	if !slices.Equal(there, listed) {
		y.wrong("%ss are %q, and these are listed: %q", x.name, there, listed)
	}
}

// auditStates waits until functions can be used: what was begun with them goes on after a kill.
func (y *yard) auditStates(functions []string) {
	ctx, cancel := context.WithTimeout(y.ctx, 10*time.Second)
	defer cancel()
	for _, name := range functions {
		for {
			out, err := y.c.document(y.c.send(ctx, http.MethodGet, "lambda", "/2015-03-31/functions/"+name+"/configuration", nil))
			if textAt(out, "State") == "Active" && textAt(out, "LastUpdateStatus") == "Successful" {
				break
			}
			if !pause(ctx, 20*millisecond) {
				y.wrong("%s stays %s, %s: %v", name, textAt(out, "State"), textAt(out, "LastUpdateStatus"), err)
				return
			}
		}
	}
}

// auditLines reads the logs: what was acknowledged stands there once, in its order.
func (y *yard) auditLines() {
	seen := map[string]int{}
	for i := range clientsEach {
		last, in := -1, object{"logGroupName": "lines", "logStreamName": fmt.Sprint(i), "startFromHead": true}
		for {
			out, err := y.c.do(y.ctx, "logs", "GetLogEvents", in)
			if err != nil {
				y.wrong("reading the log: %v", err)
				return
			}
			for _, e := range listAt(out, "events") {
				text := textAt(e, "message")
				seen[text]++
				if _, n := groupOf(text); n <= last {
					y.wrong("in the log %s comes after line %d", text, last)
				} else {
					last = n
				}
			}
			if textAt(out, "nextForwardToken") == in["nextToken"] {
				break
			}
			in["nextToken"] = textAt(out, "nextForwardToken")
		}
	}
	for text, sure := range y.lines {
		if n := seen[text]; n > 1 || sure && n != 1 {
			y.wrong("%s stands %d times in the log, acknowledged: %t", text, n, sure)
		}
	}
}

// auditVersions reads every version that was acknowledged.
func (y *yard) auditVersions() {
	for id, content := range y.versions {
		if id[:4] == "/201" {
			out, err := y.c.document(y.c.send(y.ctx, http.MethodGet, "lambda", id, nil))
			if err != nil || textAt(out, "Description") != content || textAt(out, "Content", "CodeSha256") != codeHash(content) {
				y.wrong("%s was acknowledged as %s and is %v, %v", id, content, out, err)
			}
			continue
		}
		text, _, err := y.c.send(y.ctx, http.MethodGet, "s3", id, nil)
		if err != nil || !bytes.Equal(text, body(content, 100<<10)) {
			y.wrong("%s was acknowledged as %s and is %.80q, %v", id, content, text, err)
		}
	}
}

// auditCounters holds the counters against what was added.
func (y *yard) auditCounters() {
	n := y.counter("counter")
	if n < y.added[0] || n > y.added[1] {
		y.wrong("the counter is at %d; %d were acknowledged of %d", n, y.added[0], y.added[1])
	}
	left, right := y.counter("left"), y.counter("right")
	// A client may have left while it asked for one more.
	if left != right || left < y.moved || left > y.moved+clientsEach {
		y.wrong("%d transactions were acknowledged, and the counters are at %d and %d", y.moved, left, right)
	}
}

func (y *yard) counter(key string) (n int) {
	out, err := y.c.do(y.ctx, "dynamodb", "GetItem", object{"TableName": table, "Key": object{"k": s(key)}})
	if err == nil {
		_, err = fmt.Sscan(textAt(out, "Item", "n", "N"), &n)
	}
	if err != nil {
		y.wrong("reading the counter %s: %v", key, err)
	}
	return n
}
