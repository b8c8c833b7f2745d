// Package jobs runs the jobs of Batch, ECS and Glue: programs on this machine, or containers where there is an engine for them.
// The services keep what they know of their jobs; this package has those that run or wait for a place.
//
// What a job runs is looked up in this order: a command that the configuration has for a name of the job (its definition, its
// image, its script); the image, if there is a container engine; the command of the container itself, if that is a program of
// this machine. A program runs as the user of the server, or as the one that the configuration names, and sees the files of
// this machine: this is no sandbox.
//
// No job outlives the server: closing it kills them, and so does the kernel when it dies (package process). A job that ran
// then is for its service to deal with at the next start.
package jobs
