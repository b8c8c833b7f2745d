package dynamodb

import (
	"context"
	"strconv"
	"testing"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/value"
)

func requestOf(b *testing.B, operation, text string) *awswire.Request {
	doc, err := value.Parse(text)
	if err != nil {
		b.Fatal(err)
	}
	return &awswire.Request{Service: "dynamodb", Operation: operation, Place: home, Input: doc}
}

const benchItem = `"name":{"S":"Somebody Or Other"},"total":{"N":"129.95"},"lines":{"L":[{"M":{"sku":{"S":"a-1"},"count":{"N":"2"}}},{"M":{"sku":{"S":"b-2"},"count":{"N":"1"}}}]},"open":{"BOOL":true}`

func BenchmarkPutItem(b *testing.B) {
	s := newServer(b)
	s.must("CreateTable", usersTable)
	do := s.Operations()["PutItem"]
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		r := requestOf(b, "PutItem", `{"TableName":"users","Item":{"id":{"S":"`+strconv.Itoa(i)+`"},`+benchItem+`}}`)
		if _, err := do(context.Background(), r); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGetItem(b *testing.B) {
	s := newServer(b)
	s.must("CreateTable", usersTable)
	for i := range 1000 {
		s.must("PutItem", `{"TableName":"users","Item":{"id":{"S":"`+strconv.Itoa(i)+`"},`+benchItem+`}}`)
	}
	do := s.Operations()["GetItem"]
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		reply, err := do(context.Background(), requestOf(b, "GetItem", `{"TableName":"users","Key":{"id":{"S":"`+strconv.Itoa(i%1000)+`"}}}`))
		if err != nil || reply.Output.Size() < 100 {
			b.Fatal(err)
		}
	}
}

func BenchmarkUpdateItem(b *testing.B) {
	s := newServer(b)
	s.must("CreateTable", usersTable)
	do := s.Operations()["UpdateItem"]
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		r := requestOf(b, "UpdateItem", `{"TableName":"users","Key":{"id":{"S":"`+strconv.Itoa(i%1000)+`"}},"UpdateExpression":"SET a = :a, #s = if_not_exists(#s, :a) ADD n :a","ConditionExpression":"attribute_not_exists(gone)","ExpressionAttributeNames":{"#s":"status"},"ExpressionAttributeValues":{":a":{"N":"1"}}}`)
		if _, err := do(context.Background(), r); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkQuery(b *testing.B) {
	s := newServer(b)
	s.must("CreateTable", ordersTable)
	for i := range 1000 {
		s.must("PutItem", `{"TableName":"orders","Item":{"pk":{"S":"p"},"sk":{"N":"`+strconv.Itoa(i)+`"},`+benchItem+`}}`)
	}
	do := s.Operations()["Query"]
	b.ReportAllocs()
	for b.Loop() {
		r := requestOf(b, "Query", `{"TableName":"orders","KeyConditionExpression":"pk = :p AND sk < :s","ExpressionAttributeValues":{":p":{"S":"p"},":s":{"N":"100"}}}`)
		if _, err := do(context.Background(), r); err != nil {
			b.Fatal(err)
		}
	}
}
