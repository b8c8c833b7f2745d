// Package attack runs hostile work against the real binary while other clients use it as they always do, and holds
// the server to what it promises: others are served in time, what is hostile can be stopped at once, memory is
// bounded, and the server ends in order in the midst of it.
//
//	go test ./attack -form short       some attacks, 90 s
//	go test ./attack -form long -v     every attack, and a line of figures for each
//
// Without -form nothing runs, since what is promised is time, and the tests of other packages may run beside.
package attack
