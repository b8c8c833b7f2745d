package dynamodb

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local"
	"github.com/statelark/statelark/local/kv"
	"github.com/statelark/statelark/value"
)

var home = arn.Place{Region: "us-east-1", Account: "123456789012"}

// server is a service over a store in memory, at a time that stands.
type server struct {
	*Service
	t   testing.TB
	now time.Time
}

func newServer(t testing.TB) *server {
	db, err := kv.Open("", kv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	srv := &server{t: t, now: time.Unix(1_800_000_000, 0)}
	srv.Service = New(local.Options{Store: db.Part("dynamodb"), Now: func() time.Time { return srv.now }})
	t.Cleanup(func() {
		if err := srv.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return srv
}

// call does an operation. In texts ' stands for ".
func (s *server) call(operation, input string) (string, error) {
	s.t.Helper()
	doc, err := value.Parse(strings.ReplaceAll(input, "'", `"`))
	if err != nil {
		s.t.Fatalf("%s: %v", input, err)
	}
	reply, err := s.Operations()[operation](context.Background(), &awswire.Request{Service: "dynamodb", Operation: operation, Place: home, Input: doc})
	if err != nil {
		return "", err
	}
	if !reply.Output.Exists() {
		return "{}", nil
	}
	if _, err := value.Parse(reply.Output.Text()); err != nil {
		s.t.Fatalf("the answer is no JSON: %v: %s", err, reply.Output.Text())
	}
	return strings.ReplaceAll(reply.Output.Text(), `"`, "'"), nil
}

func (s *server) must(operation, input string) string {
	s.t.Helper()
	out, err := s.call(operation, input)
	if err != nil {
		s.t.Fatalf("%s %s: %v", operation, input, err)
	}
	return out
}

// refuses expects an error, by its code and text.
func (s *server) refuses(operation, input, want string) {
	s.t.Helper()
	out, err := s.call(operation, input)
	var e *awswire.Error
	if !errors.As(err, &e) {
		s.t.Errorf("%s %s: answered %s, %v; want %s", operation, input, out, err, want)
		return
	}
	if e.Error() != want {
		s.t.Errorf("%s %s:\n got %s\nwant %s", operation, input, e.Error(), want)
	}
}

func (s *server) is(operation, input, want string) {
	s.t.Helper()
	if got := s.must(operation, input); got != want {
		s.t.Errorf("%s %s:\n got %s\nwant %s", operation, input, got, want)
	}
}

const usersTable = `{'TableName':'users','KeySchema':[{'AttributeName':'id','KeyType':'HASH'}],
	'AttributeDefinitions':[{'AttributeName':'id','AttributeType':'S'}],'BillingMode':'PAY_PER_REQUEST'}`

const ordersTable = `{'TableName':'orders','KeySchema':[{'AttributeName':'pk','KeyType':'HASH'},{'AttributeName':'sk','KeyType':'RANGE'}],
	'AttributeDefinitions':[{'AttributeName':'pk','AttributeType':'S'},{'AttributeName':'sk','AttributeType':'N'},
		{'AttributeName':'g','AttributeType':'S'},{'AttributeName':'l','AttributeType':'S'}],
	'GlobalSecondaryIndexes':[{'IndexName':'byG','KeySchema':[{'AttributeName':'g','KeyType':'HASH'},{'AttributeName':'sk','KeyType':'RANGE'}],'Projection':{'ProjectionType':'INCLUDE','NonKeyAttributes':['a']}}],
	'LocalSecondaryIndexes':[{'IndexName':'byL','KeySchema':[{'AttributeName':'pk','KeyType':'HASH'},{'AttributeName':'l','KeyType':'RANGE'}],'Projection':{'ProjectionType':'KEYS_ONLY'}}],
	'BillingMode':'PAY_PER_REQUEST'}`

func TestItems(t *testing.T) {
	s := newServer(t)
	s.must("CreateTable", usersTable)
	s.is("PutItem", `{'TableName':'users','Item':{'id':{'S':'a'},'n':{'N':'01.50'}}}`, `{}`)
	s.is("GetItem", `{'TableName':'users','Key':{'id':{'S':'a'}}}`, `{'Item':{'id':{'S':'a'},'n':{'N':'1.5'}}}`)
	s.is("GetItem", `{'TableName':'users','Key':{'id':{'S':'b'}}}`, `{}`)
	s.is("UpdateItem", `{'TableName':'users','Key':{'id':{'S':'a'}},'UpdateExpression':'SET n = n + :o, m = :m ADD c :o','ReturnValues':'ALL_NEW',
		'ExpressionAttributeValues':{':o':{'N':'1'},':m':{'M':{'x':{'L':[{'S':'p'}]}}}}}`,
		`{'Attributes':{'c':{'N':'1'},'id':{'S':'a'},'m':{'M':{'x':{'L':[{'S':'p'}]}}},'n':{'N':'2.5'}}}`)
	s.is("UpdateItem", `{'TableName':'users','Key':{'id':{'S':'a'}},'UpdateExpression':'SET m.x[1] = :v REMOVE c','ReturnValues':'UPDATED_NEW','ExpressionAttributeValues':{':v':{'BOOL':false}}}`,
		`{'Attributes':{'m':{'M':{'x':{'L':[{'BOOL':false}]}}}}}`)
	s.refuses("PutItem", `{'TableName':'users','Item':{'id':{'S':'a'}},'ConditionExpression':'attribute_not_exists(id)'}`,
		"ConditionalCheckFailedException: The conditional request failed")
	s.is("DeleteItem", `{'TableName':'users','Key':{'id':{'S':'a'}},'ReturnValues':'ALL_OLD','ConditionExpression':'size(m.x) = :two AND NOT contains(m.x, :q)','ExpressionAttributeValues':{':two':{'N':'2'},':q':{'S':'q'}}}`,
		`{'Attributes':{'id':{'S':'a'},'m':{'M':{'x':{'L':[{'S':'p'},{'BOOL':false}]}}},'n':{'N':'2.5'}}}`)
	s.is("Scan", `{'TableName':'users'}`, `{'Items':[],'Count':0,'ScannedCount':0}`)
}

func TestQueries(t *testing.T) {
	s := newServer(t)
	s.must("CreateTable", ordersTable)
	for _, sk := range []string{"-2", "10", "9", "0.5"} {
		s.must("PutItem", `{'TableName':'orders','Item':{'pk':{'S':'p'},'sk':{'N':'`+sk+`'},'g':{'S':'g'},'l':{'S':'l`+sk+`'},'a':{'S':'A'},'b':{'S':'B'}}}`)
	}
	s.must("PutItem", `{'TableName':'orders','Item':{'pk':{'S':'pp'},'sk':{'N':'1'}}}`)
	s.is("Query", `{'TableName':'orders','KeyConditionExpression':'pk = :p AND sk BETWEEN :a AND :b','ProjectionExpression':'sk','ExpressionAttributeValues':{':p':{'S':'p'},':a':{'N':'0'},':b':{'N':'9'}}}`,
		`{'Items':[{'sk':{'N':'0.5'}},{'sk':{'N':'9'}}],'Count':2,'ScannedCount':2}`)
	s.is("Query", `{'TableName':'orders','IndexName':'byG','KeyConditionExpression':'g = :g AND sk > :z','ScanIndexForward':false,'Limit':1,'ExpressionAttributeValues':{':g':{'S':'g'},':z':{'N':'0'}}}`,
		`{'Items':[{'a':{'S':'A'},'g':{'S':'g'},'pk':{'S':'p'},'sk':{'N':'10'}}],'Count':1,'ScannedCount':1,'LastEvaluatedKey':{'g':{'S':'g'},'pk':{'S':'p'},'sk':{'N':'10'}}}`)
	s.is("Query", `{'TableName':'orders','IndexName':'byG','KeyConditionExpression':'g = :g AND sk > :z','ScanIndexForward':false,'Select':'COUNT','ExpressionAttributeValues':{':g':{'S':'g'},':z':{'N':'0'}},
		'ExclusiveStartKey':{'g':{'S':'g'},'pk':{'S':'p'},'sk':{'N':'10'}}}`, `{'Count':2,'ScannedCount':2}`)
	s.is("Query", `{'TableName':'orders','IndexName':'byL','KeyConditionExpression':'pk = :p AND begins_with(l, :l)','ProjectionExpression':'b','ReturnConsumedCapacity':'INDEXES','ExpressionAttributeValues':{':p':{'S':'p'},':l':{'S':'l1'}}}`,
		`{'Items':[{'b':{'S':'B'}}],'Count':1,'ScannedCount':1,'ConsumedCapacity':{'TableName':'orders','CapacityUnits':1,'Table':{'CapacityUnits':0.5},'LocalSecondaryIndexes':{'byL':{'CapacityUnits':0.5}}}}`)
	s.is("Scan", `{'TableName':'orders','FilterExpression':'attribute_not_exists(g)'}`, `{'Items':[{'pk':{'S':'pp'},'sk':{'N':'1'}}],'Count':1,'ScannedCount':5}`)
}
