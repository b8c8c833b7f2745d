package dynamodb

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local"
	"github.com/statelark/statelark/value"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func TestRefusals(t *testing.T) {
	s := newServer(t)
	s.must("CreateTable", usersTable)
	s.must("CreateTable", ordersTable)
	const invalid, wrong = "ValidationException: ", "ValidationException: One or more parameter values were invalid: "
	tests := []struct{ operation, input, want string }{
		{"PutItem", `{}`, invalid + "1 validation error detected: Value null at 'tableName' failed to satisfy constraint: Member must not be null"},
		{"PutItem", `{'TableName':'users'}`, invalid + "1 validation error detected: Value null at 'item' failed to satisfy constraint: Member must not be null"},
		{"PutItem", `{'TableName':'users','Item':{'id':{'S':'a'}},'ExpressionAttributeValues':{':v':{'S':'x'}}}`, invalid + "ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null"},
		{"PutItem", `{'TableName':'users','Item':{'id':{'S':'a'}},'ExpressionAttributeNames':{'#a':'a'}}`, invalid + "ExpressionAttributeNames can only be specified when using expressions"},
		{"UpdateItem", `{'TableName':'users','Key':{'id':{'S':'a'}},'ExpressionAttributeValues':{}}`, invalid + "ExpressionAttributeValues can only be specified when using expressions: UpdateExpression and ConditionExpression are null"},
		{"Query", `{'TableName':'users','ExpressionAttributeValues':{':v':{'S':'x'}}}`, invalid + "ExpressionAttributeValues can only be specified when using expressions: FilterExpression and KeyConditionExpression are null"},
		{"Scan", `{'TableName':'users','ExpressionAttributeValues':{':v':{'S':'x'}}}`, invalid + "ExpressionAttributeValues can only be specified when using expressions: FilterExpression is null"},
		{"PutItem", `{'TableName':'users','Item':{'id':{'S':'a'}},'ConditionExpression':'a = :v','ExpressionAttributeValues':{'v':{'S':'x'}}}`, invalid + `ExpressionAttributeValues contains invalid key: Syntax error; key: "v"`},
		{"PutItem", `{'TableName':'users','Item':{'id':{'S':'a'}},'ConditionExpression':'a = :v','ExpressionAttributeValues':{':v':{'N':'x'}}}`, invalid + "ExpressionAttributeValues contains invalid value: The parameter cannot be converted to a numeric value: x for key :v"},
		{"PutItem", `{'TableName':'users','Item':{'id':{'S':'a'}},'ConditionExpression':'','ExpressionAttributeNames':{}}`, invalid + "ExpressionAttributeNames must not be empty"},
		{"PutItem", `{'TableName':'users','Item':{'id':{'S':'a'}},'ReturnValues':'X'}`, invalid + "1 validation error detected: Value 'X' at 'returnValues' failed to satisfy constraint: Member must satisfy enum value set: [ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]"},
		{"PutItem", `{'TableName':'u','Item':{'id':{'S':'a'}}}`, invalid + "1 validation error detected: Value 'u' at 'tableName' failed to satisfy constraint: Member must have length greater than or equal to 3"},
		{"PutItem", `{'TableName':'not there','Item':{'id':{'S':'a'}}}`, invalid + "1 validation error detected: Value 'not there' at 'tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"},
		{"PutItem", `{'TableName':'users','Item':{'id':{'S':5}}}`, "SerializationException: NUMBER_VALUE cannot be converted to String"},
		{"GetItem", `{'TableName':'arn:aws:dynamodb:us-west-2:123456789012:table/users','Key':{'id':{'S':'a'}}}`, "ResourceNotFoundException: Requested resource not found"},
		{"GetItem", `{'TableName':'users','Key':{'id':{'S':'a'}},'AttributesToGet':['a'],'ProjectionExpression':'a'}`, invalid + "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {AttributesToGet} Expression parameters: {ProjectionExpression}"},
		{"GetItem", `{'TableName':'users','Key':{'id':{'S':'a'}},'AttributesToGet':['a','a']}`, wrong + "Duplicate value in attribute name: a"},
		{"UpdateItem", `{'TableName':'users','Key':{'id':{'S':'a'}},'AttributeUpdates':{'a':{'Action':'PUT'}}}`, wrong + "Only DELETE action is allowed when no attribute value is specified"},
		{"UpdateItem", `{'TableName':'users','Key':{'id':{'S':'a'}},'AttributeUpdates':{'a':{'Action':'ADD','Value':{'S':'x'}}}}`, wrong + "ADD action is not supported for the type S"},
		{"UpdateItem", `{'TableName':'users','Key':{'id':{'S':'a'}},'Expected':{'a':{'Exists':false,'Value':{'S':'x'}}}}`, wrong + "Value cannot be used when Exists is false for Attribute: a"},
		{"UpdateItem", `{'TableName':'orders','Key':{'pk':{'S':'a'},'sk':{'N':'1'}},'UpdateExpression':'SET g = :v','ExpressionAttributeValues':{':v':{'S':''}}}`,
			invalid + "One or more parameter values are not valid. The update expression attempted to update a secondary index key to a value that is not supported. The AttributeValue for a key attribute cannot contain an empty string value."},
		{"Query", `{'TableName':'users','KeyConditions':{'id':{'ComparisonOperator':'NULL'}}}`, invalid + "Attempted conditional constraint is not an indexable operation"},
		{"Query", `{'TableName':'users','KeyConditions':{'id':{'ComparisonOperator':'EQ'}}}`, wrong + "Invalid number of argument(s) for the EQ ComparisonOperator"},
		{"Query", `{'TableName':'users','KeyConditionExpression':'id = :v','Select':'ALL_PROJECTED_ATTRIBUTES','ExpressionAttributeValues':{':v':{'S':'x'}}}`, wrong + "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"},
		{"Query", `{'TableName':'users','KeyConditionExpression':'id = :v','Limit':0,'ExpressionAttributeValues':{':v':{'S':'x'}}}`, invalid + "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1"},
		{"Query", `{'TableName':'orders','IndexName':'byG','KeyConditionExpression':'g = :v','ProjectionExpression':'b','ExpressionAttributeValues':{':v':{'S':'x'}}}`, wrong + "Global secondary index byG does not project [b]"},
		{"Scan", `{'TableName':'orders','FilterExpression':'g[0] = :v','ExpressionAttributeValues':{':v':{'S':'x'}}}`, invalid + "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: IndexKey: g"},
		{"UpdateItem", `{'TableName':'users','Key':{'id':{'S':'a'}},'UpdateExpression':'REMOVE id.x'}`, invalid + "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: id"},
		{"UpdateItem", `{'TableName':'orders','Key':{'pk':{'S':'a'},'sk':{'N':'1'}},'UpdateExpression':'ADD g :v','ConditionExpression':'attribute_exists(pk)','ExpressionAttributeValues':{':v':{'N':'1'}}}`, wrong + "Type mismatch for Index Key g Expected: S Actual: N IndexName: byG"},
		{"Scan", `{'TableName':'users','Segment':1}`, invalid + "The TotalSegments parameter is required but was not present in the request when Segment parameter is present"},
		{"BatchGetItem", `{'RequestItems':{}}`, invalid + "The requestItems parameter is required for BatchGetItem"},
		{"BatchWriteItem", `{'RequestItems':{'users':[{'PutRequest':{'Item':{'id':{'N':'1'}}}}]}}`, invalid + noMatch},
		{"TransactWriteItems", `{'TransactItems':[{'Put':{'TableName':'users','Item':{'id':{'S':''}}}}]}`, invalid + "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: id"},
		{"TransactWriteItems", `{'TransactItems':[{'Put':{'TableName':'users','Item':{'id':{'N':'5'}}}}]}`, "TransactionCanceledException: Transaction cancelled, please refer cancellation reasons for specific reasons [ValidationError]"},
		{"TransactWriteItems", `{'TransactItems':[{'Put':{'TableName':'nobody','Item':{}}}]}`, "ResourceNotFoundException: Requested resource not found"},
		{"UpdateTable", `{'TableName':'users'}`, invalid + "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required"},
		{"CreateBackup", `{}`, "UnknownOperationException: The operation CreateBackup is not built in. An endpoint that has it can be set for dynamodb."},
		{"ExecuteStatement", `{'Statement':'UPDATE users SET a = 1'}`, invalid + "Where clause does not contain a mandatory equality on all key attributes"},
		{"ExecuteStatement", `{'Statement':'SELECT * FROM nobody'}`, "ResourceNotFoundException: Requested resource not found"},
		{"ExecuteStatement", `{'Statement':'SELECT * FROM users','Parameters':[]}`, invalid + "1 validation error detected: Value '[]' at 'parameters' failed to satisfy constraint: Member must have length greater than or equal to 1"},
	}
	for _, test := range tests {
		s.refuses(test.operation, test.input, test.want)
	}
}

func TestStatementsOnTables(t *testing.T) {
	s := newServer(t)
	s.must("CreateTable", ordersTable)
	do := func(statement, more, want string) {
		t.Helper()
		input := value.NewObject([]value.Member{{Key: "Statement", Value: value.FromString(statement)}}).Text()
		input = strings.TrimSuffix(input, "}") + strings.ReplaceAll(more, "'", `"`) + "}"
		doc, err := value.Parse(input)
		if err != nil {
			t.Fatal(err)
		}
		reply, err := s.executeStatement(context.Background(), &awswire.Request{Place: home, Input: doc})
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = strings.ReplaceAll(reply.Output.Text(), `"`, "'")
		}
		if got != want {
			t.Errorf("%s:\n got %s\nwant %s", statement, got, want)
		}
	}
	for i := range 4 {
		do(`INSERT INTO orders VALUE {'pk': ?, 'sk': `+itoa(int64(i))+`, 'g': 'g', 'm': {'x': [1, 2]}}`, `,'Parameters':[{'S':'p'}]`, `{'Items':[]}`)
	}
	do(`INSERT INTO orders VALUE {'pk': 'p', 'sk': 0}`, ``, `DuplicateItemException: Duplicate primary key exists in table`)
	do(`SELECT sk, m.x[1] FROM orders WHERE pk = 'p' AND sk BETWEEN 1 AND 2 ORDER BY sk DESC`, ``, `{'Items':[{'sk':{'N':'2'},'x[1]':{'N':'2'}},{'sk':{'N':'1'},'x[1]':{'N':'2'}}]}`)
	do(`SELECT sk FROM orders WHERE sk >= 2`, ``, `{'Items':[{'sk':{'N':'2'}},{'sk':{'N':'3'}}]}`)
	do(`SELECT sk FROM "orders"."byG" WHERE g = 'g' AND sk < 1`, ``, `{'Items':[{'sk':{'N':'0'}}]}`)
	do(`SELECT pk FROM orders.byG WHERE g = 'g' AND m = 1`, ``, `ValidationException: One or more parameter values were invalid: Secondary index byG does not project one or more filter attributes: [m]`)
	do(`SELECT * FROM orders.byX WHERE g = 'g'`, ``, `ValidationException: The table does not have the specified index`)
	do(`SELECT * FROM orders.byG WHERE g = 'g'`, `,'ConsistentRead':true`, `ValidationException: Strongly consistent read is not supported on Global Secondary Indexes`)
	do(`UPDATE orders SET m.x[0] = m.x[0] + 5 REMOVE g WHERE pk = 'p' AND sk = 3 RETURNING MODIFIED NEW *`, ``, `{'Items':[{'m':{'M':{'x':{'L':[{'N':'6'}]}}}}]}`)
	do(`UPDATE orders SET a = 1 WHERE pk = 'gone' AND sk = 3`, ``, `ConditionalCheckFailedException: The conditional request failed`)
	do(`UPDATE orders SET a = 1 WHERE pk = 'p' AND sk = 3 AND a = 2`, ``, `ConditionalCheckFailedException: The conditional request failed`)
	do(`DELETE FROM orders WHERE pk = 'p' AND sk = 3 RETURNING ALL OLD *`, ``, `{'Items':[{'m':{'M':{'x':{'L':[{'N':'6'},{'N':'2'}]}}},'pk':{'S':'p'},'sk':{'N':'3'}}]}`)
	do(`DELETE FROM orders WHERE pk = 'p' AND sk = 3`, ``, `{'Items':[]}`)
}

func TestTransactionReasons(t *testing.T) {
	s := newServer(t)
	s.must("CreateTable", usersTable)
	s.must("PutItem", `{'TableName':'users','Item':{'id':{'S':'a'},'n':{'N':'1'}}}`)
	_, err := s.call("TransactWriteItems", `{'TransactItems':[
		{'Put':{'TableName':'users','Item':{'id':{'S':'b'}}}},
		{'Update':{'TableName':'users','Key':{'id':{'S':'a'}},'UpdateExpression':'SET x = y'}},
		{'Delete':{'TableName':'users','Key':{'id':{'S':'c'}},'ConditionExpression':'attribute_exists(id)'}},
		{'ConditionCheck':{'TableName':'users','Key':{'id':{'S':'d'},'x':{'S':'y'}},'ConditionExpression':'attribute_exists(id)'}}]}`)
	var e *awswire.Error
	if !errors.As(err, &e) || len(e.Extra) != 1 {
		t.Fatal(err)
	}
	want := `[{"Code":"None"},{"Code":"ValidationError","Message":"The provided expression refers to an attribute that does not exist in the item"},` +
		`{"Code":"ConditionalCheckFailed","Message":"The conditional request failed"},{"Code":"ValidationError","Message":"` + noMatch + `"}]`
	if got := e.Extra[0].Value.Text(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	s.is("GetItem", `{'TableName':'users','Key':{'id':{'S':'b'}}}`, `{}`)
}

// TestSizes has the limits that were measured at AWS: an item has 409,600 bytes at most, and UpdateItem counts 22 for one SET.
func TestSizes(t *testing.T) {
	s := newServer(t)
	s.must("CreateTable", usersTable)
	const most = 400 << 10
	put := func(bytes int) string {
		return `{'TableName':'users','Item':{'id':{'S':'K'},'b':{'S':'` + strings.Repeat("x", bytes-4) + `'}}}`
	}
	set := func(bytes int) string {
		return `{'TableName':'users','Key':{'id':{'S':'K'}},'UpdateExpression':'SET b = :v','ExpressionAttributeValues':{':v':{'S':'` + strings.Repeat("x", bytes-1) + `'}}}`
	}
	s.must("PutItem", put(most))
	s.refuses("PutItem", put(most+1), "ValidationException: "+itemTooLarge)
	s.must("UpdateItem", set(most-22))
	s.refuses("UpdateItem", set(most-21), "ValidationException: Item size to update has exceeded the maximum allowed size")
	s.refuses("TransactWriteItems", `{'TransactItems':[{'Put':`+put(most+1)+`}]}`, "ValidationException: "+itemTooLarge)
	s.must("TransactWriteItems", `{'TransactItems':[{'Update':`+set(most-3)+`}]}`)
	s.refuses("TransactWriteItems", `{'TransactItems':[{'Update':`+set(most-2)+`}]}`, "TransactionCanceledException: Transaction cancelled, please refer cancellation reasons for specific reasons [ValidationError]")
}

func TestReplicas(t *testing.T) {
	s := newServer(t)
	in := func(region, operation, text string) (string, error) {
		t.Helper()
		doc, err := value.Parse(strings.ReplaceAll(text, "'", `"`))
		if err != nil {
			t.Fatal(err)
		}
		at := home
		at.Region = region
		reply, err := s.Operations()[operation](context.Background(), &awswire.Request{Place: at, Input: doc})
		if err != nil {
			return "", err
		}
		return strings.ReplaceAll(reply.Output.Text(), `"`, "'"), nil
	}
	must := func(region, operation, text, part string) {
		t.Helper()
		if out, err := in(region, operation, text); err != nil || !strings.Contains(out, part) {
			t.Errorf("%s in %s: %s, %v; want %s", operation, region, out, err, part)
		}
	}
	s.must("CreateTable", usersTable)
	s.must("PutItem", `{'TableName':'users','Item':{'id':{'S':'a'}}}`)
	must("us-east-1", "UpdateTable", `{'TableName':'users','ReplicaUpdates':[{'Create':{'RegionName':'eu-west-1'}}]}`, `'Replicas':[{'RegionName':'eu-west-1','ReplicaStatus':'CREATING'}]`)
	must("eu-west-1", "DescribeTable", `{'TableName':'users'}`, `'Replicas':[{'RegionName':'us-east-1','ReplicaStatus':'ACTIVE'}]`)
	must("eu-west-1", "DescribeTable", `{'TableName':'users'}`, `'TableArn':'arn:aws:dynamodb:eu-west-1:`)
	must("eu-west-1", "GetItem", `{'TableName':'users','Key':{'id':{'S':'a'}}}`, `'Item'`)
	must("eu-west-1", "PutItem", `{'TableName':'users','Item':{'id':{'S':'b'}}}`, `{}`)
	must("eu-west-1", "ListTables", `{}`, `'users'`)
	s.is("Scan", `{'TableName':'users','Select':'COUNT'}`, `{'Count':2,'ScannedCount':2}`)
	if _, err := in("us-east-1", "DeleteTable", `{'TableName':'users'}`); err == nil {
		t.Error("a table with replicas is deleted")
	}
	// Another process finds the replica again.
	s.Service = New(local.Options{Store: s.store, Now: s.Service.now})
	must("eu-west-1", "GetItem", `{'TableName':'users','Key':{'id':{'S':'b'}}}`, `'Item'`)
	must("eu-west-1", "DeleteTable", `{'TableName':'users'}`, `'TableStatus':'DELETING'`)
	if out, err := in("eu-west-1", "DescribeTable", `{'TableName':'users'}`); err == nil {
		t.Error(out)
	}
	s.is("Scan", `{'TableName':'users','Select':'COUNT'}`, `{'Count':2,'ScannedCount':2}`)
	must("us-east-1", "DeleteTable", `{'TableName':'users'}`, `'TableStatus':'DELETING'`)
}

// TestCountersOfManyWriters has several writers add to one item, by updates, transactions and conditions. Nothing gets lost.
func TestCountersOfManyWriters(t *testing.T) {
	s := newServer(t)
	s.must("CreateTable", usersTable)
	const writers, rounds = 4, 50
	var all sync.WaitGroup
	for range writers {
		all.Go(func() {
			for range rounds {
				s.must("UpdateItem", `{'TableName':'users','Key':{'id':{'S':'n'}},'UpdateExpression':'ADD n :o','ExpressionAttributeValues':{':o':{'N':'1'}}}`)
				s.must("TransactWriteItems", `{'TransactItems':[{'Update':{'TableName':'users','Key':{'id':{'S':'n'}},'UpdateExpression':'ADD n :o','ExpressionAttributeValues':{':o':{'N':'1'}}}},
					{'Update':{'TableName':'users','Key':{'id':{'S':'m'}},'UpdateExpression':'ADD n :o','ExpressionAttributeValues':{':o':{'N':'1'}}}}]}`)
			}
		})
	}
	all.Wait()
	s.is("BatchGetItem", `{'RequestItems':{'users':{'Keys':[{'id':{'S':'n'}},{'id':{'S':'m'}}],'ProjectionExpression':'n'}}}`,
		`{'Responses':{'users':[{'n':{'N':'400'}},{'n':{'N':'200'}}]},'UnprocessedKeys':{}}`)
}

// TestAnyRequest sends requests of chance, made of parts that requests have. Each is answered or refused, and the table's size stays true.
func TestAnyRequest(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	s := newServer(t)
	s.must("CreateTable", usersTable)
	s.must("CreateTable", ordersTable)
	operations := slices.Sorted(maps.Keys(s.Operations()))
	operations = slices.DeleteFunc(operations, func(name string) bool { return name == "DeleteTable" || name == "UpdateTable" })
	refused := 0
	for range 20000 {
		operation := operations[r.IntN(len(operations))]
		doc := randomRequest(r)
		reply, err := s.Operations()[operation](context.Background(), &awswire.Request{Service: "dynamodb", Operation: operation, Place: home, Input: doc})
		var e *awswire.Error
		switch {
		case err != nil && !errors.As(err, &e):
			t.Fatalf("%s %s: %v", operation, doc.Text(), err)
		case err != nil:
			refused++
		case reply != nil && reply.Output.Exists():
			if _, err := value.Parse(reply.Output.Text()); err != nil {
				t.Fatalf("%s %s: %v: %s", operation, doc.Text(), err, reply.Output.Text())
			}
		}
	}
	t.Logf("%d were refused", refused)
	for _, name := range []string{"users", "orders"} {
		counted := s.must("Scan", `{'TableName':'`+name+`','Select':'COUNT'}`)
		described := s.must("DescribeTable", `{'TableName':'`+name+`'}`)
		n := strings.TrimSuffix(strings.TrimPrefix(counted[:strings.Index(counted, ",")], `{'Count':`), ",")
		if !strings.Contains(described, `'ItemCount':`+n+`,`) {
			t.Errorf("%s has %s items: %s", name, n, described)
		}
	}
}

// TestReadingAgreesWithSorting puts and deletes items of chance, and holds what queries and scans find, in pages, against a plain
// search among all items.
func TestReadingAgreesWithSorting(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 2))
	s := newServer(t)
	s.must("CreateTable", ordersTable)
	type row struct {
		pk, g string
		sk    int
	}
	all := map[string]row{}
	for range 400 {
		w := row{[]string{"p", "pp", "q", "p\\u0000"}[r.IntN(4)], []string{"", "x", "y"}[r.IntN(3)], r.IntN(40) - 20}
		key := w.pk + "/" + strconv.Itoa(w.sk)
		if r.IntN(4) == 0 {
			s.must("DeleteItem", `{'TableName':'orders','Key':{'pk':{'S':'`+w.pk+`'},'sk':{'N':'`+strconv.Itoa(w.sk)+`'}}}`)
			delete(all, key)
			continue
		}
		g := ""
		if w.g != "" {
			g = `,'g':{'S':'` + w.g + `'}`
		}
		s.must("PutItem", `{'TableName':'orders','Item':{'pk':{'S':'`+w.pk+`'},'sk':{'N':'`+strconv.Itoa(w.sk)+`'}`+g+`}}`)
		all[key] = w
	}
	for range 200 {
		index, hash := "", []string{"p", "pp", "q", "p\\u0000"}[r.IntN(4)]
		if r.IntN(2) == 0 {
			index, hash = "byG", []string{"x", "y"}[r.IntN(2)]
		}
		low, high := r.IntN(40)-20, r.IntN(40)-20
		low, high = min(low, high), max(low, high)
		var want []int
		for _, w := range all {
			if (index == "" && w.pk == hash || index != "" && w.g == hash) && w.sk >= low && w.sk <= high {
				want = append(want, w.sk)
			}
		}
		slices.Sort(want)
		backwards := r.IntN(2) == 0
		if backwards {
			slices.Reverse(want)
		}
		if got := s.pages(index, hash, low, high, !backwards, 1+r.IntN(5)); !slices.Equal(got, want) {
			t.Fatalf("index %q, %q from %d to %d, backwards %v: got %v, want %v", index, hash, low, high, backwards, got, want)
		}
	}
}

// pages are the range keys that a query finds, read in pages.
func (s *server) pages(index, hash string, low, high int, forward bool, limit int) []int {
	s.t.Helper()
	name, extra, start := "pk", "", ""
	if index != "" {
		name, extra = "g", `,'IndexName':'`+index+`'`
	}
	var found []int
	for {
		out := s.must("Query", `{'TableName':'orders','KeyConditionExpression':'`+name+` = :h AND sk BETWEEN :l AND :u','ExpressionAttributeValues':{':h':{'S':'`+hash+`'},':l':{'N':'`+
			strconv.Itoa(low)+`'},':u':{'N':'`+strconv.Itoa(high)+`'}},'ScanIndexForward':`+strconv.FormatBool(forward)+`,'Limit':`+strconv.Itoa(limit)+extra+start+`}`)
		doc, err := value.Parse(strings.ReplaceAll(out, "'", `"`))
		if err != nil {
			s.t.Fatal(err)
		}
		items, _ := doc.Get("Items")
		for _, item := range items.Elems() {
			n, err := strconv.Atoi(input{input{item}.get("sk")}.text("N"))
			if err != nil {
				s.t.Fatal(err)
			}
			found = append(found, n)
		}
		last, ok := doc.Get("LastEvaluatedKey")
		if !ok {
			return found
		}
		start = `,'ExclusiveStartKey':` + last.Text()
	}
}

// randomRequest makes the input of some operation, in most of which something is wrong.
func randomRequest(r *rand.Rand) value.Value {
	pick := func(all ...string) string { return all[r.IntN(len(all))] }
	scalar := func() string {
		return pick(`{"S":"a"}`, `{"S":""}`, `{"N":"1"}`, `{"N":"-1e3"}`, `{"N":"1e999"}`, `{"N":"x"}`, `{"B":"YQ=="}`, `{"B":"?"}`, `{"NULL":true}`, `{"SS":["a"]}`, `{"NS":["1","1"]}`, `{"L":[{"S":"x"}]}`, `{"M":{"k":{"N":"1"}}}`, `{}`, `null`, `5`, `[]`, `{"S":5}`)
	}
	item := func() string {
		return pick(`{"id":{"S":"a"},"n":`+scalar()+`}`, `{"pk":{"S":"p"},"sk":{"N":"`+pick("1", "2", "-3.5")+`"},"g":`+scalar()+`,"l":`+scalar()+`}`, `{"id":`+scalar()+`}`, `{}`, `[]`)
	}
	key := func() string {
		return pick(`{"id":{"S":"a"}}`, `{"pk":{"S":"p"},"sk":{"N":"1"}}`, `{"g":{"S":"a"},"pk":{"S":"p"},"sk":{"N":"1"}}`, item())
	}
	condition := func() string {
		return pick("attribute_exists(id)", "n = :v", "pk = :v", "id = :v AND n < :v", "pk = :v AND sk BETWEEN :v AND :w", "begins_with(g, :v)", "contains(#n, :v) OR size(l) > :w", "((a))", "g = :v", "NOT n IN (:v, :w)", "")
	}
	action := func() string {
		return pick("SET n = :v", "SET n = n + :w, l[0] = :v", "REMOVE n, l[1]", "ADD n :w DELETE l :v", "SET g = list_append(l, :v)", "SET id = :v", "SET a.b.c = :v")
	}
	statement := func() string {
		return pick("SELECT * FROM users WHERE id = ?", "SELECT n, l[0].k FROM orders WHERE pk = 'p' AND sk > 0 ORDER BY sk DESC", "UPDATE users SET n = n + 1 WHERE id = 'a'", "DELETE FROM orders WHERE pk = 'p' AND sk = 1", "INSERT INTO users VALUE {'id': 'i', 'n': [1, <<2>>]}", "SELECT * FROM orders.byG WHERE g = ?", "EXISTS(SELECT * FROM users WHERE id = 'a')")
	}
	member := func() string {
		switch r.IntN(20) {
		case 0, 1:
			return `"Item":` + item()
		case 2, 3:
			return `"Key":` + key()
		case 4:
			return `"ConditionExpression":"` + condition() + `"`
		case 5:
			return `"UpdateExpression":"` + action() + `"`
		case 6:
			return `"KeyConditionExpression":"` + condition() + `"`
		case 7:
			return `"FilterExpression":"` + condition() + `"`
		case 8, 9:
			return `"ExpressionAttributeValues":{":v":` + scalar() + `,":w":{"N":"2"}}`
		case 10:
			return `"ExpressionAttributeNames":{"#n":"n"}`
		case 11:
			return `"ProjectionExpression":"` + pick("id, n", "l[0], g.k", "a, a", "status") + `"`
		case 12:
			return `"ExclusiveStartKey":` + key() + pick("", `,"Limit":1`, `,"Limit":-1`)
		case 13:
			return `"IndexName":"` + pick("byG", "byL", "none") + `","ReturnConsumedCapacity":"` + pick("INDEXES", "TOTAL", "X") + `"`
		case 14:
			return `"ReturnValues":"` + pick("ALL_OLD", "ALL_NEW", "UPDATED_NEW", "UPDATED_OLD", "NONE", "X") + `","ReturnItemCollectionMetrics":"SIZE"`
		case 15:
			return `"RequestItems":{"` + pick("users", "orders") + `":` + pick(`[{"PutRequest":{"Item":`+item()+`}},{"DeleteRequest":{"Key":`+key()+`}}]`, `{"Keys":[`+key()+`,`+key()+`]}`, `[]`, `null`) + `}`
		case 16:
			return `"TransactItems":[{"` + pick("Put", "Update", "Delete", "ConditionCheck", "Get") + `":{"TableName":"users","Item":` + item() + `,"Key":` + key() + `,"UpdateExpression":"SET n = :v","ConditionExpression":"id <> :v","ExpressionAttributeValues":{":v":` + scalar() + `}}}]`
		case 17:
			return `"Statement":"` + statement() + `","Parameters":[` + scalar() + `],"Statements":[{"Statement":"` + statement() + `"}],"TransactStatements":[{"Statement":"` + statement() + `"}]`
		case 18:
			return `"AttributeUpdates":{"n":{"Action":"` + pick("PUT", "ADD", "DELETE") + `","Value":` + scalar() + `}},"Expected":{"n":{"ComparisonOperator":"` + pick("EQ", "NULL", "BETWEEN", "IN") + `","AttributeValueList":[` + scalar() + `]}}`
		}
		return `"Segment":` + pick("0", "1", "-1") + `,"TotalSegments":` + pick("2", "0", "1000001") + `,"KeyConditions":{"` + pick("id", "pk") + `":{"ComparisonOperator":"EQ","AttributeValueList":[` + scalar() + `]}}`
	}
	text := `{"TableName":"` + pick("users", "users", "orders", "orders", "none", "x y") + `"`
	for range r.IntN(6) {
		text += "," + member()
	}
	doc, err := value.Parse(text + "}")
	if err != nil {
		panic(text + ": " + err.Error())
	}
	return doc
}

// FuzzRequests gives any JSON to every operation: an answer, or an error of AWS's form.
func FuzzRequests(f *testing.F) {
	for _, seed := range []string{usersTable, ordersTable, `{'TableName':'users','Key':{'id':{'S':'a'}},'UpdateExpression':'SET a.b[1] = :v','ExpressionAttributeValues':{':v':{'N':'1'}}}`} {
		f.Add(strings.ReplaceAll(seed, "'", `"`))
	}
	f.Fuzz(func(t *testing.T, text string) {
		doc, err := value.Parse(text)
		if err != nil {
			return
		}
		s := newServer(t)
		s.must("CreateTable", usersTable)
		for name, do := range s.Operations() {
			_, err := do(context.Background(), &awswire.Request{Service: "dynamodb", Operation: name, Place: home, Input: doc})
			var e *awswire.Error
			if err != nil && !errors.As(err, &e) {
				t.Fatalf("%s %s: %v", name, text, err)
			}
		}
	})
}

// TestChangesOfTablesUnderLoad adds and removes an index, and tags, while items are written and read.
func TestChangesOfTablesUnderLoad(t *testing.T) {
	s := newServer(t)
	s.must("CreateTable", usersTable)
	var all sync.WaitGroup
	for w := range 3 {
		all.Go(func() {
			for i := range 60 {
				id := itoa(int64(w*100 + i))
				s.must("PutItem", `{'TableName':'users','Item':{'id':{'S':'`+id+`'},'g':{'S':'g'}},'ReturnConsumedCapacity':'INDEXES','ReturnItemCollectionMetrics':'SIZE'}`)
				s.must("GetItem", `{'TableName':'users','Key':{'id':{'S':'`+id+`'}},'ProjectionExpression':'g'}`)
				s.must("Scan", `{'TableName':'users','Limit':5,'ReturnConsumedCapacity':'TOTAL'}`)
				s.must("BatchExecuteStatement", `{'Statements':[{'Statement':'SELECT * FROM users WHERE id = ?','Parameters':[{'S':'`+id+`'}]}]}`)
				s.must("TransactGetItems", `{'TransactItems':[{'Get':{'TableName':'users','Key':{'id':{'S':'`+id+`'}}}}]}`)
			}
		})
	}
	all.Go(func() {
		for range 5 {
			s.must("UpdateTable", `{'TableName':'users','AttributeDefinitions':[{'AttributeName':'g','AttributeType':'S'}],
				'GlobalSecondaryIndexUpdates':[{'Create':{'IndexName':'byG','KeySchema':[{'AttributeName':'g','KeyType':'HASH'}],'Projection':{'ProjectionType':'ALL'}}}]}`)
			s.must("TagResource", `{'ResourceArn':'arn:aws:dynamodb:us-east-1:123456789012:table/users','Tags':[{'Key':'a','Value':'b'}]}`)
			s.must("DescribeTable", `{'TableName':'users'}`)
			s.must("UpdateTable", `{'TableName':'users','GlobalSecondaryIndexUpdates':[{'Delete':{'IndexName':'byG'}}]}`)
		}
	})
	all.Wait()
	s.must("UpdateTable", `{'TableName':'users','AttributeDefinitions':[{'AttributeName':'g','AttributeType':'S'}],
		'GlobalSecondaryIndexUpdates':[{'Create':{'IndexName':'byG','KeySchema':[{'AttributeName':'g','KeyType':'HASH'}],'Projection':{'ProjectionType':'ALL'}}}]}`)
	s.is("Query", `{'TableName':'users','IndexName':'byG','KeyConditionExpression':'g = :g','Select':'COUNT','ExpressionAttributeValues':{':g':{'S':'g'}}}`, `{'Count':180,'ScannedCount':180}`)
}
