package dynamodb

import "testing"

const placesTable = `{'TableName':'places','KeySchema':[{'AttributeName':'id','KeyType':'HASH'}],'BillingMode':'PAY_PER_REQUEST',
	'AttributeDefinitions':[{'AttributeName':'id','AttributeType':'S'},{'AttributeName':'land','AttributeType':'S'},{'AttributeName':'year','AttributeType':'N'},
		{'AttributeName':'town','AttributeType':'S'},{'AttributeName':'size','AttributeType':'N'}],
	'GlobalSecondaryIndexes':[{'IndexName':'all','Projection':{'ProjectionType':'KEYS_ONLY'},'KeySchema':[{'AttributeName':'land','KeyType':'HASH'},
		{'AttributeName':'year','KeyType':'HASH'},{'AttributeName':'town','KeyType':'RANGE'},{'AttributeName':'size','KeyType':'RANGE'}]}]}`

// TestKeysOfSeveralAttributes queries an index whose hash key and range key have two attributes each.
func TestKeysOfSeveralAttributes(t *testing.T) {
	s := newServer(t)
	s.must("CreateTable", placesTable)
	for id, rest := range map[string]string{
		"a": `'land':{'S':'l'},'year':{'N':'1'},'town':{'S':'t'},'size':{'N':'30'}`, "b": `'land':{'S':'l'},'year':{'N':'1'},'town':{'S':'t'},'size':{'N':'9'}`,
		"c": `'land':{'S':'l'},'year':{'N':'1'},'town':{'S':'tt'},'size':{'N':'1'}`, "d": `'land':{'S':'l'},'year':{'N':'2'},'town':{'S':'t'},'size':{'N':'9'}`,
		"e": `'land':{'S':'l'},'year':{'N':'1'},'town':{'S':'t'}`,
	} {
		s.must("PutItem", `{'TableName':'places','Item':{'id':{'S':'`+id+`'},`+rest+`}}`)
	}
	query := func(condition, more string) string {
		return `{'TableName':'places','IndexName':'all','ProjectionExpression':'id','KeyConditionExpression':'` + condition + `','ExpressionAttributeNames':{'#y':'year','#s':'size'},
			'ExpressionAttributeValues':{` + more + `}}`
	}
	const l, town, size = `':l':{'S':'l'},':y':{'N':'1'}`, `,':t':{'S':'t'}`, `,':s':{'N':'9'}`
	both := func(condition string) string { return "land = :l AND #y = :y" + condition }
	plain := func(condition, more string) string { // without the name that it does not have
		return `{'TableName':'places','IndexName':'all','ProjectionExpression':'id','KeyConditionExpression':'` + condition + `','ExpressionAttributeNames':{'#y':'year'},'ExpressionAttributeValues':{` + more + `}}`
	}
	for _, c := range []struct{ in, want string }{
		{plain(both(""), l), `{'Items':[{'id':{'S':'b'}},{'id':{'S':'a'}},{'id':{'S':'c'}}],'Count':3,'ScannedCount':3}`},
		{plain(both(" AND town = :t"), l+town), `{'Items':[{'id':{'S':'b'}},{'id':{'S':'a'}}],'Count':2,'ScannedCount':2}`},
		{plain(both(" AND town > :t"), l+town), `{'Items':[{'id':{'S':'c'}}],'Count':1,'ScannedCount':1}`},
		{query(both(" AND town = :t AND #s > :s"), l+town+size), `{'Items':[{'id':{'S':'a'}}],'Count':1,'ScannedCount':1}`},
		{query(both(" AND town = :t AND #s = :s"), l+town+size), `{'Items':[{'id':{'S':'b'}}],'Count':1,'ScannedCount':1}`},
	} {
		s.is("Query", c.in, c.want)
	}
	const missed = "ValidationException: Query condition missed key schema element: "
	s.refuses("Query", `{'TableName':'places','IndexName':'all','KeyConditionExpression':'land = :l','ExpressionAttributeValues':{':l':{'S':'l'}}}`, missed+"year")
	s.refuses("Query", query(both(" AND #s > :s"), l+size), missed+"town")
	s.refuses("Query", query(both(" AND town > :t AND #s = :s"), l+town+size), "ValidationException: Query key condition not supported")
	s.is("Query", `{'TableName':'places','IndexName':'all','Limit':1,'KeyConditionExpression':'land = :l AND #y = :y','ExpressionAttributeNames':{'#y':'year'},'ExpressionAttributeValues':{`+l+`},
		'ExclusiveStartKey':{'id':{'S':'b'},'land':{'S':'l'},'year':{'N':'1'},'town':{'S':'t'},'size':{'N':'9'}}}`,
		`{'Items':[{'id':{'S':'a'},'land':{'S':'l'},'size':{'N':'30'},'town':{'S':'t'},'year':{'N':'1'}}],'Count':1,'ScannedCount':1,'LastEvaluatedKey':{'id':{'S':'a'},'land':{'S':'l'},'size':{'N':'30'},'town':{'S':'t'},'year':{'N':'1'}}}`)
}
