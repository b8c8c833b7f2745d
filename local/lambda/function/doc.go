// Package function runs Lambda functions on this machine. It knows neither Tasks nor HTTP APIs.
//
// A Catalog holds the functions. Each is one of three kinds: a command, started for each invocation; a URL, which
// is sent the event; or a directory with a handler, which is loaded once into a process of its runtime (Python,
// Node.js, or a program of its own for provided.*) and stays warm. Functions are declared by the configuration
// or uploaded through Lambda's API, which package local/lambda speaks:
//
//	catalog, err := function.NewCatalog(place, function.Options{Dir: dataDir, EndpointURL: "http://127.0.0.1:8083", Log: log})
//	err = catalog.Declare(function.Function{Name: "resize", Code: function.Code{Command: []string{"./resize"}}})
//	registry.Set("lambda:invoke", lambda.NewTarget(catalog))
//	registry.SetFunctions(lambda.NewTarget(catalog))
//	for _, prefix := range lambda.Prefixes {
//		mux.Handle(prefix, lambda.New(catalog, lambda.Options{}))
//	}
//	defer catalog.Close(ctx)
//
// # From an invocation to a process
//
// The catalogue finds the deployment that a name and a qualifier mean. The deployment's gate lets so many
// invocations run at once and so many wait; the rest are refused as throttled. Then its runner works: a pool takes
// a warm sandbox or opens a new one, and hands it the invocation over the Lambda Runtime API, which this package
// serves to each sandbox on an address of its own. A sandbox whose invocation failed from outside (it timed out, was
// given up, or its process ended) is killed; any other goes back to the pool.
//
// A declared directory is looked at before each invocation: after an edit its sandboxes are made again. Uploaded
// code never changes in place. An update retires a deployment: it takes no more invocations, those it has come to
// their end, and its sandboxes go with the last of them.
//
// # Processes
//
// A process is killed as a tree, and nothing of the tree survives the end of the process, in whatever way it comes.
// On Linux the server adopts what its functions orphan, so a child that has left the process group and wiped its
// environment is found as well (not by a server that is the first process of a container, which adopts also what
// others leave). When the server itself is killed, Linux kills the processes it has started, and the next server
// those that carry the mark of one that is no more; a child that left its group and wiped its environment is then
// nobody's. On other systems a child that left its group is not found, and processes end when they next ask the
// Runtime API for work. Nothing here is a barrier: the code of a function runs as the user of the server, unless
// Options name another one, and may read what that user may. Of the server's environment it gets inheritedVars and
// what Options.PassEnv names.
//
// # Failures
//
// What a function reports, or its runtime for it, is the payload of a function error and becomes the error of the
// Task by its errorType. What the service refuses is an *Error and becomes "Lambda." and its code. An invocation of
// type Event that fails is run again, as Options.EventRetries says; there is no dead-letter queue.
package function
