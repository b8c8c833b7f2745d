// Package deploy makes on a server what a CloudFormation template says: what cdk synth writes, what the transform of SAM gives,
// or what was written by hand.
//
// A template goes through these hands: yaml.go and template.go read it, parameters.go and functions.go say what stands in
// it, plan.go compares that with what an earlier deployment made, and execute.go calls the services. What a type of resource needs of
// them is a row of rows.go. What was made is kept in a record (record.go), an object in a bucket of the server.
package deploy
