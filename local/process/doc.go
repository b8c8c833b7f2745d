// Package process runs programs for workflows: functions and jobs. Each is the head of a tree, nothing of which outlives it:
// it is in a process group of its own, carries a mark that its children inherit, and is killed with all of them. Where the
// system allows it (Linux), orphans are adopted, the kernel kills the programs of a server that dies, and the next server
// kills what those have left.
package process
