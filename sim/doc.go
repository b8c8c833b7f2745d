// Package sim tests the whole engine under faults. A seed makes a world: a store that loses answers and goes away,
// tasks that are slow, fail and answer late, workers that die, and restarts at any moment, all in virtual time. Of
// every world the same must hold at the end: whatever was acknowledged is there, everything ended as it should, and
// every history is well-formed.
//
//	go test ./sim                            a few hundred seeds
//	go test ./sim -seeds 10000               the long form
//	go test ./sim -seed 4711 -v              one world, told event by event when it fails
package sim
