package node

import (
	"log/slog"
	"time"
)

// ownFiles is how many files the process has open beside connections, the store's tables and functions: logs, sockets.
const ownFiles = 32

// maxConns returns how many connections a server takes at a time that may have so many files open: a quarter of them is
// the store's, and a quarter goes to functions, their pipes and connections.
func maxConns(files int) int { return files/2 - ownFiles }

// fullEvery is how often the log says that there are no more connections.
const fullEvery = time.Minute

// fullLog tells the log that all connections that there may be are there. It is used by one goroutine.
type fullLog struct {
	bound, files int
	log          *slog.Logger
	now          func() time.Time
	told         time.Time
}

func (f *fullLog) tell() {
	now := f.now()
	if now.Sub(f.told) < fullEvery && !now.Before(f.told) {
		return
	}
	f.told = now
	f.log.Warn("all connections that the limit of open files leaves are taken; each new one ends the one that has been idle longest",
		"connections", f.bound, "openFiles", f.files)
}
