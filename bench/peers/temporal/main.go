// Command temporal is what the table of the peers needs of Temporal: its server with a SQLite file, as its own
// command line's "server start-dev" has it, and a worker with a workflow of as many
// steps as its payload says.
//
//	temporal server HOST:PORT FILE
//	temporal worker HOST:PORT HTTP-HOST:PORT activities|local
//
// The worker answers POST /run with the result of a workflow that it starts.
package main

import (
	"fmt"
	"os"
)

func main() {
	var err error
	switch args := os.Args[1:]; {
	case len(args) == 3 && args[0] == "server":
		err = serve(args[1], args[2])
	case len(args) == 4 && args[0] == "worker":
		err = work(args[1], args[2], args[3] == "local")
	default:
		err = fmt.Errorf("reading %q: neither a server nor a worker", args)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "temporal:", err)
		os.Exit(1)
	}
}
