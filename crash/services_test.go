package crash

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const millisecond = time.Millisecond

// TestKillServices kills the program again and again while clients use the services that are built in. What was
// acknowledged is there, whole; what was deleted stays away; what was sent once with an id arrives once, and in order.
func TestKillServices(t *testing.T) {
	n := *kills
	if testing.Short() {
		n = min(n, 3)
	}
	y := preparedYard(t, *seed)
	y.open()
	y.live()
	for range n {
		if y.ctx.Err() != nil {
			break
		}
		y.endOnce()
	}
	y.finish()
}

// yard is a server, the clients of its services, and the books that they keep.
type yard struct {
	t       *testing.T
	server  *server
	c       *services
	ctx     context.Context
	end     context.CancelFunc
	clients sync.WaitGroup
	leaving chan struct{} // closed when nothing new is to be written
	done    chan struct{} // closed when those who receive may go

	mu       sync.Mutex // guards what follows
	rnd      *rand.Rand
	books    map[*shelf]map[string][]string // contents that a thing may have; "": it is not there
	parcels  map[*stream]map[string]*parcel
	lines    map[string]bool   // of logs; true: acknowledged
	versions map[string]string // ids of versions that were acknowledged, and their contents
	added    [2]int            // to the counter: acknowledged, and at most
	moved    int               // transactions, each of them once
	failures int
	troubles map[string]error // the last ones of those who receive
	calls    map[string]int   // acknowledged, by what
}

// preparedYard prepares a server and the books; nothing runs yet.
func preparedYard(t *testing.T, seed uint64) *yard {
	y := &yard{
		t: t, server: newServer(t), rnd: rand.New(rand.NewPCG(seed, 1)), leaving: make(chan struct{}), done: make(chan struct{}),
		books: map[*shelf]map[string][]string{}, parcels: map[*stream]map[string]*parcel{}, lines: map[string]bool{},
		versions: map[string]string{}, calls: map[string]int{}, troubles: map[string]error{},
	}
	y.c = newServices("http://" + y.server.address)
	y.ctx, y.end = context.WithTimeout(t.Context(), timeLeft(t))
	t.Cleanup(func() {
		y.end()
		y.server.kill()
		y.clients.Wait()
		if t.Failed() {
			t.Logf("it happened with -seed %d -kills %d", seed, *kills)
		}
	})
	return y
}

// open starts the server, and makes what the clients use.
func (y *yard) open() {
	if _, err := y.server.run(y.ctx); err != nil {
		y.t.Fatal(err)
	}
	if err := y.prepare(); err != nil {
		y.t.Fatal(err)
	}
}

// prepare makes what the clients use.
func (y *yard) prepare() error {
	_, err := y.c.do(y.ctx, "dynamodb", "CreateTable", object{
		"TableName": table, "BillingMode": "PAY_PER_REQUEST", "KeySchema": []object{{"AttributeName": "k", "KeyType": "HASH"}},
		"AttributeDefinitions": []object{{"AttributeName": "k", "AttributeType": "S"}, {"AttributeName": "g", "AttributeType": "S"}},
		"GlobalSecondaryIndexes": []object{{
			"IndexName": "by-g", "KeySchema": []object{{"AttributeName": "g", "KeyType": "HASH"}}, "Projection": object{"ProjectionType": "ALL"},
		}},
	})
	errs := []error{err}
	_, _, err = y.c.send(y.ctx, "PUT", "s3", "/"+bucket, nil)
	errs = append(errs, err)
	_, _, err = y.c.send(y.ctx, "PUT", "s3", "/versions", nil)
	errs = append(errs, err)
	_, _, err = y.c.send(y.ctx, "PUT", "s3", "/versions?versioning=", []byte("<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"))
	errs = append(errs, err)
	_, err = y.c.do(y.ctx, "logs", "CreateLogGroup", object{"logGroupName": "lines"})
	errs = append(errs, err)
	for i := range clientsEach {
		_, err = y.c.do(y.ctx, "logs", "CreateLogStream", object{"logGroupName": "lines", "logStreamName": fmt.Sprint(i)})
		errs = append(errs, err)
	}
	for _, x := range streams {
		y.parcels[x] = map[string]*parcel{}
		errs = append(errs, x.prepare(y.ctx, y.c))
	}
	for _, x := range shelves {
		y.books[x] = map[string][]string{}
	}
	return errors.Join(errs...)
}

// clientsEach is how many clients do the same.
const clientsEach = 2

// live lets the clients in.
func (y *yard) live() {
	for i := range clientsEach {
		for _, x := range shelves {
			y.loop(func(n int) { y.shelve(x, i, n) })
		}
		for _, x := range streams {
			y.loop(func(n int) { y.send(x, i, n) })
		}
		y.loop(func(n int) { y.note(i, n) })
		y.loop(func(n int) { y.publish(i, n) })
		y.loop(func(int) { y.add() })
		y.loop(func(n int) { y.move(i, n) })
	}
	for _, x := range streams {
		y.clients.Go(func() { y.receive(x) })
	}
}

// loop does something again and again until the clients are to leave.
func (y *yard) loop(do func(n int)) {
	y.clients.Go(func() {
		for n := 0; pause(y.ctx, y.upTo(10*millisecond)); n++ {
			select {
			case <-y.leaving:
				return
			default:
				do(n)
			}
		}
	})
}

func (y *yard) intn(n int) int {
	y.mu.Lock()
	defer y.mu.Unlock()
	return y.rnd.IntN(n)
}

func (y *yard) upTo(d time.Duration) time.Duration { return time.Duration(y.intn(int(d))) }

// wrong notes a failure, and sends the clients home.
func (y *yard) wrong(format string, a ...any) {
	y.mu.Lock()
	y.failures++
	told := y.failures <= 10
	y.mu.Unlock()
	y.end()
	if told {
		y.t.Errorf(format, a...)
	} else {
		y.t.Fail()
	}
}

func (y *yard) count(what string) {
	y.mu.Lock()
	y.calls[what]++
	y.mu.Unlock()
}

// shelve writes, deletes or reads one of a client's own things.
func (y *yard) shelve(x *shelf, client, n int) {
	key := fmt.Sprintf("%s-%d-%d", x.name, client, y.intn(4))
	y.mu.Lock()
	before := y.books[x][key]
	y.mu.Unlock()
	if before == nil {
		before = []string{""}
	}
	content, err := "", error(nil)
	switch y.intn(5) {
	case 0:
		y.look(x, key)
		return
	case 1:
		err = x.drop(y.ctx, y.c, key)
		if x.missing != "" && refusedWith(err) == x.missing {
			if !slices.Contains(before, "") {
				y.wrong("%s was acknowledged as one of %q, and cannot be deleted: %v", key, before, err)
			}
			err = nil
		}
	default:
		content = fmt.Sprintf("%s-%d", key, n)
		err = x.put(y.ctx, y.c, key, content)
	}
	if x.name == "function" && content != "" {
		content = codeHash(content)
	}
	after := []string{content}
	switch {
	case refusedWith(err) == "ResourceConflictException": // the function is still being made
		return
	case !known(err):
		after = append(slices.Clone(before), content)
	case err != nil && y.ctx.Err() == nil:
		y.wrong("writing %s %q: %v", key, content, err)
		return
	default:
		y.count(x.name)
	}
	y.mu.Lock()
	y.books[x][key] = after
	y.mu.Unlock()
}

// look reads a thing: from now on it is what was read. It returns whether there is one.
func (y *yard) look(x *shelf, key string) bool {
	content, err := x.get(y.ctx, y.c, key)
	var broken *mixed
	if errors.As(err, &broken) {
		y.wrong("%v", err)
	}
	if !known(err) {
		return false
	}
	if err != nil && refusedWith(err) != x.missing && y.ctx.Err() == nil {
		y.wrong("reading %s: %v", key, err)
		return false
	}
	y.mu.Lock()
	may := y.books[x][key]
	y.books[x][key] = []string{content}
	y.mu.Unlock()
	if may == nil {
		may = []string{""}
	}
	if !slices.Contains(may, content) {
		y.wrong("%s is %q, want one of %q", key, content, may)
	}
	return content != ""
}

// send sends a message. Where messages have ids it is sent until that is acknowledged.
func (y *yard) send(x *stream, client, n int) {
	group := fmt.Sprintf("%s-%d", x.name, client)
	text := fmt.Sprintf("%s-%d", group, n)
	p := &parcel{}
	y.mu.Lock()
	y.parcels[x][text] = p
	y.mu.Unlock()
	call := func() error { return x.send(y.ctx, y.c, group, text) }
	var err error
	if x.fifo {
		err = until(y.ctx, call)
	} else {
		err = call()
	}
	if refusedWith(err) != "" {
		y.wrong("sending %s: %v", text, err)
	}
	if err == nil {
		y.mu.Lock()
		p.sent = true
		y.mu.Unlock()
		y.count("sent to " + x.name)
	}
}

// receive receives and deletes what comes to a queue, until all has come.
func (y *yard) receive(x *stream) {
	for pause(y.ctx, millisecond) {
		select {
		case <-y.done:
			return
		default:
		}
		gone := y.gone(x)
		out, err := y.c.do(y.ctx, "sqs", "ReceiveMessage", object{"QueueUrl": x.name, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 1})
		if refusedWith(err) != "" {
			y.wrong("receiving from %s: %v", x.name, err)
		}
		if err != nil {
			y.mu.Lock()
			y.troubles[x.name] = err
			y.mu.Unlock()
		}
		batch := listAt(out, "Messages")
		for i, m := range batch {
			y.arrived(x, messageText(m), gone, batch[:i])
		}
		for _, m := range batch {
			y.remove(x, m)
		}
	}
}

// gone is how many messages of each text were deleted before now.
func (y *yard) gone(x *stream) map[string]bool {
	y.mu.Lock()
	defer y.mu.Unlock()
	gone := map[string]bool{}
	for text, p := range y.parcels[x] {
		if p.gone {
			gone[text] = true
		}
	}
	return gone
}

// arrived checks a message that came: gone are those whose deletion was acknowledged before it was asked for, before what
// came with it.
func (y *yard) arrived(x *stream, text string, gone map[string]bool, before []any) {
	y.mu.Lock()
	p := y.parcels[x][text]
	if p != nil {
		p.arrived++
	}
	y.mu.Unlock()
	switch {
	case p == nil:
		y.wrong("from %s came %q, which nobody sent", x.name, text)
	case gone[text] && !x.again:
		y.wrong("%s was deleted and came again", text)
	case x.fifo:
		y.inOrder(x, text, before)
	}
}

// inOrder checks that all messages before one of its group have gone, may have gone or came with it.
func (y *yard) inOrder(x *stream, text string, before []any) {
	with := map[string]bool{}
	for _, m := range before {
		with[messageText(m)] = true
	}
	if with[text] {
		y.wrong("%s came twice at once", text)
	}
	group, n := groupOf(text)
	y.mu.Lock()
	defer y.mu.Unlock()
	for i := range n {
		earlier := fmt.Sprintf("%s-%d", group, i)
		if p := y.parcels[x][earlier]; !p.gone && !p.maybe && !with[earlier] {
			y.failures++
			y.t.Errorf("%s came before %s", text, earlier)
			y.end()
			return
		}
	}
}

func (y *yard) remove(x *stream, m any) {
	text := messageText(m)
	_, err := y.c.do(y.ctx, "sqs", "DeleteMessage", object{"QueueUrl": x.name, "ReceiptHandle": textAt(m, "ReceiptHandle")})
	if refusedWith(err) != "" && !x.fifo { // there it may be too late
		y.wrong("deleting %s: %v", text, err)
	}
	y.mu.Lock()
	defer y.mu.Unlock()
	p := y.parcels[x][text]
	if p == nil {
		return
	}
	switch {
	case err == nil:
		p.gone = true
		y.calls["deleted from "+x.name]++
	case !known(err):
		p.maybe = true
	}
}

// note writes a line to a log.
func (y *yard) note(client, n int) {
	text := fmt.Sprintf("line-%d-%d", client, n)
	y.mu.Lock()
	y.lines[text] = false
	y.mu.Unlock()
	_, err := y.c.do(y.ctx, "logs", "PutLogEvents", object{
		"logGroupName": "lines", "logStreamName": fmt.Sprint(client), "logEvents": []object{{"timestamp": time.Now().UnixMilli(), "message": text}},
	})
	if refusedWith(err) != "" {
		y.wrong("writing %s: %v", text, err)
	}
	if err == nil {
		y.mu.Lock()
		y.lines[text] = true
		y.mu.Unlock()
		y.count("log lines")
	}
}

// publish makes a version of an object, or of a layer: those stay for ever.
func (y *yard) publish(client, n int) {
	content := fmt.Sprintf("version-%d-%d", client, n)
	var id string
	var err error
	if n%5 == 0 {
		var out object
		out, err = y.c.rest(y.ctx, "POST", "lambda", "/2018-10-31/layers/layer/versions", object{"Content": object{"ZipFile": archive(content)}, "Description": content})
		id = fmt.Sprintf("/2018-10-31/layers/layer/versions/%v", at(out, "Version"))
	} else {
		_, head, no := y.c.send(y.ctx, "PUT", "s3", fmt.Sprintf("/versions/%d", client), body(content, 100<<10))
		if err = no; err == nil {
			id = fmt.Sprintf("/versions/%d?versionId=%s", client, head.Get("x-amz-version-id"))
		}
	}
	if refusedWith(err) != "" {
		y.wrong("publishing %s: %v", content, err)
	}
	if err != nil {
		return
	}
	y.mu.Lock()
	was, taken := y.versions[id]
	y.versions[id] = content
	y.mu.Unlock()
	if taken {
		y.wrong("%s was given to %s and to %s", id, was, content)
	}
	y.count("versions")
}

// add adds one to a counter, and asks once.
func (y *yard) add() {
	y.mu.Lock()
	y.added[1]++
	y.mu.Unlock()
	_, err := y.c.do(y.ctx, "dynamodb", "UpdateItem", object{
		"TableName": table, "Key": object{"k": s("counter")}, "UpdateExpression": "ADD n :one", "ExpressionAttributeValues": object{":one": object{"N": "1"}},
	})
	if refusedWith(err) != "" {
		y.wrong("adding: %v", err)
	}
	if err == nil {
		y.mu.Lock()
		y.added[0]++
		y.mu.Unlock()
		y.count("counted")
	}
}

// move adds one to two counters and makes an item, in a transaction that is asked for until it is acknowledged: by its token it is
// made once.
func (y *yard) move(client, n int) {
	key := fmt.Sprintf("transaction-%d-%d", client, n)
	one := func(key string) object {
		return object{"Update": object{
			"TableName": table, "Key": object{"k": s(key)}, "UpdateExpression": "ADD n :one", "ExpressionAttributeValues": object{":one": object{"N": "1"}},
		}}
	}
	err := until(y.ctx, func() error {
		_, err := y.c.do(y.ctx, "dynamodb", "TransactWriteItems", object{"ClientRequestToken": token(key), "TransactItems": []object{
			one("left"), one("right"),
			{"Put": object{"TableName": table, "Item": object{"k": s(key), "g": s("transaction")}, "ConditionExpression": "attribute_not_exists(k)"}},
		}})
		return err
	})
	if refusedWith(err) != "" {
		y.wrong("transaction %s: %v", key, err)
	}
	if err == nil {
		y.mu.Lock()
		y.moved++
		y.mu.Unlock()
		y.count("transactions")
	}
}

// endOnce ends the process, mostly by killing it, and starts the next one, of which some are killed before they answer.
func (y *yard) endOnce() {
	pause(y.ctx, y.upTo(1200*millisecond))
	if y.intn(4) == 0 {
		if _, _, err := y.server.terminate(y.ctx); err != nil && y.ctx.Err() == nil {
			y.wrong("terminating: %v", err)
		}
	} else {
		y.server.kill()
	}
	if y.intn(3) == 0 {
		if err := y.server.start(); err != nil {
			y.wrong("starting: %v", err)
		}
		pause(y.ctx, y.upTo(80*millisecond))
		y.server.kill()
	}
	if _, err := y.server.run(y.ctx); err != nil && y.ctx.Err() == nil {
		y.wrong("starting: %v", err)
	}
}

// finish lets all messages arrive, and audits everything after a last kill.
func (y *yard) finish() {
	close(y.leaving)
	y.server.kill()
	if _, err := y.server.run(y.t.Context()); err != nil {
		y.t.Fatal(err)
	}
	y.drain()
	close(y.done)
	y.clients.Wait()
	if y.ctx.Err() != nil {
		y.t.Fatal("the clients have given up")
	}
	y.server.kill()
	if _, err := y.server.run(y.t.Context()); err != nil {
		y.t.Fatal(err)
	}
	if left := y.underWay(); left != "" {
		y.t.Errorf("after another kill: %s", left)
	}
	y.audit()
	y.t.Logf("acknowledged: %v", y.calls)
}

// drain waits until the queues are empty, and the messages that were acknowledged have come.
func (y *yard) drain() {
	left, since := "", time.Now()
	for pause(y.ctx, 100*millisecond) {
		now := y.underWay()
		switch {
		case now == "":
			return
		case now != left:
			left, since = now, time.Now()
		case time.Since(since) > 20*time.Second:
			y.wrong("nothing comes any more, and there are left: %s", left)
		}
	}
	y.t.Logf("there were left: %s; receivers were told: %v", left, y.troubles)
}

// underWay tells what is in the queues and what has not come; "" when that is nothing.
func (y *yard) underWay() string {
	var b strings.Builder
	for _, x := range streams {
		out, err := y.c.do(y.ctx, "sqs", "GetQueueAttributes", object{"QueueUrl": x.name, "AttributeNames": []string{"All"}})
		seen, flying := textAt(out, "Attributes", "ApproximateNumberOfMessages"), textAt(out, "Attributes", "ApproximateNumberOfMessagesNotVisible")
		if err != nil || seen != "0" || flying != "0" {
			fmt.Fprintf(&b, "%s has %s and %s in flight (%v); ", x.name, seen, flying, err)
		}
		y.mu.Lock()
		for text, p := range y.parcels[x] {
			if p.sent && p.arrived == 0 {
				fmt.Fprintf(&b, "%s has not come; ", text)
			}
		}
		y.mu.Unlock()
	}
	text := b.String()
	return text[:min(len(text), 1000)]
}

// TestServicesStop: a server that is told to stop answers long polls at once, and ends.
func TestServicesStop(t *testing.T) {
	y := preparedYard(t, *seed)
	y.open()
	polls := make(chan error, 50)
	for range cap(polls) {
		go func() {
			_, err := y.c.do(y.ctx, "sqs", "ReceiveMessage", object{"QueueUrl": "plain", "WaitTimeSeconds": 20})
			polls <- err
		}()
	}
	pause(y.ctx, 300*millisecond) // for them to arrive
	took, state, err := y.server.terminate(y.ctx)
	if err != nil || !state.Success() || took > 5*time.Second {
		t.Errorf("it ended after %v: %v, %v", took, state, err)
	}
	for range cap(polls) {
		if err := <-polls; err != nil {
			t.Errorf("a long poll: %v", err)
		}
	}
}
