// Package sim tests the whole engine under faults. A seed makes a world, in virtual time: a store that loses answers
// and goes away, for reads and writes; tasks that are slow and fail; a clock that is set back; restarts at any moment.
// In it live workers that die, people who stop executions of every kind, who answer twice, late and at the wrong
// place, who update and delete state machines and activities meanwhile, who change Map Runs and stop children of theirs, and
// who redrive what has failed.
//
// Of every world the same must hold at the end:
//   - Whatever was acknowledged is there: starts, answers to tasks, stops, updates, deletions. An answer that came
//     second, or late, was refused.
//   - Everything ended, children of nested executions included, and as it should. What was once seen to have ended
//     never changed, but by a redrive.
//   - No task was dispatched before it was stored, or twice by one process.
//   - Every history is well-formed: ids dense, causes and times in order, one end and nothing after it, every state
//     that was entered left.
//   - An Express execution whose start was acknowledged came to its end, at least once; one whose caller waits did so
//     once at most.
//   - Each item of a Map Run was given to one child and is counted once, whatever it came to; the counts only grew, their sum
//     is the total, and they are those of the children; a run that succeeded had all items, and its results have each once.
//   - A redrive that was acknowledged was made, once for a token however often it was asked for; no Task that had come to
//     its end ran again.
//   - No timer, work or message is left in the store.
//
// The rest of the laws (memory read back equals memory, same events same bytes) are the interpreter's, and tested there.
//
//	go test ./sim                            some worlds
//	go test ./sim -seeds 10000               the long form
//	go test ./sim -seed 4711 -v              one world, told event by event when it fails
package sim
