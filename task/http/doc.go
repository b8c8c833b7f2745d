// Package http does the calls of http:invoke: one HTTP request, with what a connection adds to it, and its answer.
//
// Client is the part without the language: it makes a request as AWS's HTTP Tasks make it, to endpoints that it may reach,
// and reads a bounded answer. Other integrations that speak HTTP may use it alone.
//
// No secret of a connection gets into an error, a log or a history. Only a test of a state shows them, when it is to.
package http
