package dynamodb

import (
	"context"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local"
)

// operations is the table of all operations. What is not in it is refused by the caller, which names it.
func (s *Service) operations() map[string]local.Operation {
	ops := map[string]local.Operation{
		"CreateTable":   operation(s.createTable),
		"DescribeTable": operation(s.describeTable),
		"ListTables":    operation(s.listTables),
		"UpdateTable":   operation(s.updateTable),
		"DeleteTable":   operation(s.deleteTable),

		"TagResource":        operation(s.tagResource),
		"UntagResource":      operation(s.untagResource),
		"ListTagsOfResource": operation(s.listTags),

		"PutResourcePolicy":    operation(s.putResourcePolicy),
		"GetResourcePolicy":    operation(s.getResourcePolicy),
		"DeleteResourcePolicy": operation(s.deleteResourcePolicy),

		"PutItem":    s.putItem,
		"GetItem":    s.getItem,
		"UpdateItem": s.updateItem,
		"DeleteItem": s.deleteItem,
		"Query":      s.query,
		"Scan":       s.scan,

		"BatchGetItem":       s.batchGetItem,
		"BatchWriteItem":     s.batchWriteItem,
		"TransactGetItems":   s.transactGetItems,
		"TransactWriteItems": s.transactWriteItems,

		"ExecuteStatement":      s.executeStatement,
		"BatchExecuteStatement": s.batchExecuteStatement,
		"ExecuteTransaction":    s.executeTransaction,

		"UpdateTimeToLive":   operation(s.updateTimeToLive),
		"DescribeTimeToLive": operation(s.describeTimeToLive),

		"DescribeLimits":            operation(s.describeLimits),
		"DescribeEndpoints":         operation(s.describeEndpoints),
		"DescribeContinuousBackups": operation(s.describeBackups),
		"UpdateContinuousBackups":   operation(s.updateBackups),
	}
	for _, name := range refusedOperations {
		ops[name] = refuse(name)
	}
	return ops
}

// refusedOperations are operations of AWS that are not built.
var refusedOperations = []string{
	"CreateBackup", "DeleteBackup", "DescribeBackup", "ListBackups", "RestoreTableFromBackup", "RestoreTableToPointInTime",
	"CreateGlobalTable", "DescribeGlobalTable", "DescribeGlobalTableSettings", "ListGlobalTables", "UpdateGlobalTable", "UpdateGlobalTableSettings",
	"DescribeTableReplicaAutoScaling", "UpdateTableReplicaAutoScaling",
	"ExportTableToPointInTime", "DescribeExport", "ListExports", "ImportTable", "DescribeImport", "ListImports",
	"EnableKinesisStreamingDestination", "DisableKinesisStreamingDestination", "UpdateKinesisStreamingDestination", "DescribeKinesisStreamingDestination",
	"DescribeContributorInsights", "ListContributorInsights", "UpdateContributorInsights",
}

func refuse(name string) local.Operation {
	return func(context.Context, *awswire.Request) (*awswire.Reply, error) {
		return nil, &awswire.Error{Namespace: "com.amazon.coral.service", Code: "UnknownOperationException", Message: "The operation " + name + " is not built in. An endpoint that has it can be set for dynamodb."}
	}
}
