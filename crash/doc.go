// Package crash tests the real program as an operator meets it: processes that are killed, terminated or started
// twice or suspended, directories that another version wrote or that are damaged, disks that run full or only read,
// few files, little memory, and a clock that is set.
//
// TestKill is the proof that executions survive. The program runs on a directory; around it live clients that keep
// many executions open, of every kind that waits for something: timers, retries, activities, task tokens, functions,
// nested executions, branches. Functions, workers and those who answer task tokens live in the test's process and
// survive. The program is killed with SIGKILL at random moments, while it starts too, and started again. The clients
// do what real ones do: an answer that leaves open what happened makes them ask again.
//
// Everything that the program ever says is written down, and at the end held against what it says then: what was
// acknowledged is there and ended once, as its kind ends; results that were accepted are the results; ends and
// histories that were read are still the same; there is nothing that nobody asked for.
//
// TestKillMapRuns does the same to Map Runs of both types over 20,000 lines, beside which Express executions are started,
// executions that failed are redriven and versions are published. Each line has one child, is counted once and stands once in the files of
// results; what was acknowledged of an Express execution runs, and what was waited for runs once at most; a redrive that
// was asked for until it was acknowledged is made once, and does nothing again that had been done.
//
// TestKillServices does it to the services that are built in: what was acknowledged of tables, objects, secrets, parameters,
// functions, logs and queues is there, whole, what was deleted stays away, and what has an id arrives once and in order.
// TestKillServiceWorkflows does it to workflows that call them and wait for jobs.
//
//	go test ./crash                                            a few kills
//	go test ./crash -v -run 'TestKill$' -kills 200 -open 1000  the long form, with its figures
//	go test ./crash -v -run TestKillMapRuns -kills 200         the same of Map Runs, Express executions and redrives
//	go test ./crash -v -run TestKillServices -kills 100        the same of the services that are built in
//	go test ./crash -v -run TestDamagedFiles -damages 200      damaged tables, logs and manifests, many of them
//	go test ./crash -v -run TestSuspended -suspend 20s         the program stopped for long
//	go test ./crash -v -run TestManyOpen -many 100000          how long it takes to take up that much again
//
// A seed chooses what happens when; what follows from it depends on the machine. When a test fails the directory
// with the data and the program's log is kept, and its name printed.
package crash
