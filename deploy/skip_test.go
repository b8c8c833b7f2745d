package deploy_test

var skipForNow = []string{"AWS::Batch::ComputeEnvironment", "AWS::Batch::JobQueue", "AWS::Batch::JobDefinition", "AWS::ECS::Cluster", "AWS::ECS::TaskDefinition", "AWS::Glue::Job"}
