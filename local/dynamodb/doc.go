// Package dynamodb is an embedded DynamoDB: tables with their indexes, items, queries, batches, transactions, expiry and PartiQL,
// as AWS has them, with its words for errors.
package dynamodb
