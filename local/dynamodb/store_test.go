package dynamodb

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/statelark/statelark/local"
	"github.com/statelark/statelark/local/kv"
)

// over makes a service over a store, as a server that starts does.
func over(t *testing.T, db *kv.DB, now func() time.Time) *server {
	return &server{t: t, Service: New(local.Options{Store: db.Part("dynamodb"), Now: now})}
}

func TestTablesAndItemsOutliveTheProcess(t *testing.T) {
	dir := t.TempDir()
	db, err := kv.Open(dir, kv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := over(t, db, time.Now)
	s.must("CreateTable", ordersTable)
	s.must("PutItem", `{'TableName':'orders','Item':{'pk':{'S':'p'},'sk':{'N':'1'},'g':{'S':'g'}}}`)
	s.must("PutItem", `{'TableName':'orders','Item':{'pk':{'S':'p'},'sk':{'N':'2'},'g':{'S':'g'}}}`)
	s.must("TransactWriteItems", `{'ClientRequestToken':'once','TransactItems':[{'Update':{'TableName':'orders','Key':{'pk':{'S':'p'},'sk':{'N':'1'}},'UpdateExpression':'ADD n :o','ExpressionAttributeValues':{':o':{'N':'1'}}}}]}`)
	described := s.must("DescribeTable", `{'TableName':'orders'}`)
	if err := s.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if db, err = kv.Open(dir, kv.Options{}); err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	s = over(t, db, time.Now)
	s.is("DescribeTable", `{'TableName':'orders'}`, described)
	s.is("Query", `{'TableName':'orders','IndexName':'byG','KeyConditionExpression':'g = :g','Select':'COUNT','ExpressionAttributeValues':{':g':{'S':'g'}}}`, `{'Count':2,'ScannedCount':2}`)
	// The transaction was done, so it is not done again.
	s.must("TransactWriteItems", `{'ClientRequestToken':'once','TransactItems':[{'Update':{'TableName':'orders','Key':{'pk':{'S':'p'},'sk':{'N':'1'}},'UpdateExpression':'ADD n :o','ExpressionAttributeValues':{':o':{'N':'1'}}}}]}`)
	s.is("GetItem", `{'TableName':'orders','Key':{'pk':{'S':'p'},'sk':{'N':'1'}},'ProjectionExpression':'n'}`, `{'Item':{'n':{'N':'1'}}}`)
	s.must("DeleteTable", `{'TableName':'orders'}`)
	// A table of the same name has nothing of the one before.
	s.must("CreateTable", ordersTable)
	s.is("Scan", `{'TableName':'orders'}`, `{'Items':[],'Count':0,'ScannedCount':0}`)
}

func TestTokensAreForgotten(t *testing.T) {
	s := newServer(t)
	s.must("CreateTable", usersTable)
	add := `{'ClientRequestToken':'TOKEN','TransactItems':[{'Update':{'TableName':'users','Key':{'id':{'S':'a'}},'UpdateExpression':'ADD n :o','ExpressionAttributeValues':{':o':{'N':'1'}}}}]}`
	s.must("TransactWriteItems", add)
	s.now = s.now.Add(9 * time.Minute)
	s.must("TransactWriteItems", add)
	s.is("GetItem", `{'TableName':'users','Key':{'id':{'S':'a'}},'ProjectionExpression':'n'}`, `{'Item':{'n':{'N':'1'}}}`)
	s.now = s.now.Add(2 * time.Minute)
	s.must("TransactWriteItems", add)
	s.is("GetItem", `{'TableName':'users','Key':{'id':{'S':'a'}},'ProjectionExpression':'n'}`, `{'Item':{'n':{'N':'2'}}}`)
	for i := range 20 {
		s.must("TransactWriteItems", strings.Replace(add, "TOKEN", string(rune('a'+i)), 1))
	}
	s.now = s.now.Add(time.Hour)
	for range 10 {
		s.must("TransactWriteItems", strings.Replace(add, "TOKEN", "last", 1))
		s.now = s.now.Add(time.Hour)
	}
	left := 0
	for _, err := range s.store.Scan([]byte{tokenPrefix}, []byte{tokenPrefix + 1}, false) {
		if err != nil {
			t.Fatal(err)
		}
		left++
	}
	if left > 1 {
		t.Errorf("%d tokens are left", left)
	}
}

func TestItemsExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db, err := kv.Open("", kv.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		s := over(t, db, time.Now)
		s.must("CreateTable", usersTable)
		at := func(d time.Duration) string { return itoa(time.Now().Add(d).Unix()) }
		s.must("PutItem", `{'TableName':'users','Item':{'id':{'S':'before'},'ttl':{'N':'`+at(time.Minute)+`'}}}`)
		s.must("UpdateTimeToLive", `{'TableName':'users','TimeToLiveSpecification':{'AttributeName':'ttl','Enabled':true}}`)
		s.must("PutItem", `{'TableName':'users','Item':{'id':{'S':'after'},'ttl':{'N':'`+at(time.Minute)+`'}}}`)
		s.must("PutItem", `{'TableName':'users','Item':{'id':{'S':'later'},'ttl':{'N':'`+at(time.Hour)+`'}}}`)
		s.must("PutItem", `{'TableName':'users','Item':{'id':{'S':'long ago'},'ttl':{'N':'1'}}}`)
		s.must("PutItem", `{'TableName':'users','Item':{'id':{'S':'never'},'ttl':{'S':'`+at(0)+`'}}}`)
		s.must("PutItem", `{'TableName':'users','Item':{'id':{'S':'put off'},'ttl':{'N':'`+at(time.Minute)+`'}}}`)
		s.must("UpdateItem", `{'TableName':'users','Key':{'id':{'S':'put off'}},'UpdateExpression':'REMOVE #t','ExpressionAttributeNames':{'#t':'ttl'}}`)
		time.Sleep(time.Minute + 2*sweepEvery) // virtual time
		synctest.Wait()
		s.is("Scan", `{'TableName':'users','ProjectionExpression':'id'}`,
			`{'Items':[{'id':{'S':'later'}},{'id':{'S':'long ago'}},{'id':{'S':'never'}},{'id':{'S':'put off'}}],'Count':4,'ScannedCount':4}`)
		if got := s.must("DescribeTable", `{'TableName':'users'}`); !strings.Contains(got, `'ItemCount':4`) {
			t.Error(got)
		}
		if err := s.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
	})
}
