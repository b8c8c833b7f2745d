// Package conformance holds Statelark against what AWS was recorded to answer.
//
// The recorded cases and their runner, run_cases.py, lie in the folder shared beside the checkout and are no part
// of this project. The test starts the real server, lets the runner play the cases of every area that floors.json
// lists, and compares:
//
//   - floors.json says how many cases of an area have to pass, and of how many that ran. Fewer is a failure; more is
//     reported, so that the floor is raised.
//   - misses.json gives the reason of every case that does not pass. A miss without a reason is a failure.
//
// Cases of the services that are built in are played by a runner of their own in the same way; services.json has
// their floors, and what moto reached on the same cases.
package conformance
