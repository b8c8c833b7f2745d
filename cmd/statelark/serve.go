package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/statelark/statelark/console"
	"github.com/statelark/statelark/node"
	"github.com/statelark/statelark/pebblestore"
)

// stopTime is how long a server takes at most to stop in order.
const stopTime = 9 * time.Second

// serve runs a node until a signal ends it. The second signal ends the process at once.
func serve(c *cobra.Command, cfg *Config, started func(*node.Node, *slog.Logger)) error {
	log := newLogger(cfg, c.ErrOrStderr())
	ctx, release := signal.NotifyContext(c.Context(), syscall.SIGINT, syscall.SIGTERM)
	defer release()
	go node.KeepMemory(ctx, cfg.memory())
	n, err := startNode(ctx, cfg, log)
	if err != nil {
		return err
	}
	started(n, log)
	tellEndpoints(log, os.Getenv)
	var ended error
	select {
	case <-ctx.Done():
		log.Info("stopping; a second signal stops at once")
	case ended = <-n.Done():
	}
	release()
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	if err := errors.Join(ended, n.Close(last)); err != nil {
		return fmt.Errorf("stopping: %w", err)
	}
	log.Info("stopped")
	return nil
}

// startNode starts a node, or says what to do about one that does not start.
func startNode(ctx context.Context, cfg *Config, log *slog.Logger) (*node.Node, error) {
	n, err := node.Start(ctx, cfg.node(), node.Options{
		Log: log, Now: wallClock, Version: buildVersion(), Settings: func() []console.SettingSection { return cfg.Shown },
	})
	var part *node.StartError
	if !errors.As(err, &part) {
		return n, err
	}
	switch {
	case part.Part == node.Mocks:
		return nil, hint(exitUsage, err, "mend the file, or name another one with --mock-config or SFN_MOCK_CONFIG")
	case part.Part == node.Files:
		return nil, hint(exitFailed, err, "raise it: ulimit -n 4096 in the shell, LimitNOFILE=4096 in a systemd unit, --ulimit nofile=4096 for a container")
	case part.Part == node.Listener:
		return nil, hint(exitFailed, err, "%s", listenHint(err))
	case part.Part == node.Console:
		return nil, hint(exitUsage, err, "see docs/console-auth.md, or leave the console out with --console off")
	case part.Part == node.TelemetryPart:
		return nil, usage(fmt.Errorf("%s: %w", cfg.source(), err))
	case part.Part == node.Functions:
		return nil, usage(fmt.Errorf("%s: %w", cfg.source(), err))
	case part.Part != node.Store:
		return nil, err
	case errors.Is(err, pebblestore.ErrLocked):
		return nil, hint(exitFailed, err, "stop the other process, or choose another directory with --data")
	case errors.Is(err, pebblestore.ErrVersion):
		return nil, hint(exitFailed, err, "use the build that the message names, or choose another directory with --data")
	case errors.Is(err, pebblestore.ErrDamaged):
		return nil, hint(exitFailed, err, "do as the message says, or choose another directory with --data")
	}
	return nil, hint(exitFailed, err, "%s", storeHint(err))
}

// listenHint says what to do about an address that cannot be listened at.
func listenHint(err error) string {
	var unknown *net.DNSError
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return "stop what listens there, or choose another address with --listen (port 0 takes a free one)"
	case errors.Is(err, fs.ErrPermission):
		return "choose a port of 1024 or more with --listen, or let the server's user listen at lower ones"
	case errors.Is(err, syscall.EADDRNOTAVAIL), errors.As(err, &unknown):
		return "name an address of this machine with --listen: 127.0.0.1 for this machine alone, 0.0.0.0 for all of its addresses"
	}
	return "choose another address with --listen"
}

// storeHint says what to do about a data directory that cannot be opened, and is neither taken nor damaged.
func storeHint(err error) string {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return "let the server's user read and write the directory, or choose another one with --data"
	case errors.Is(err, syscall.ENOTDIR):
		return "a file is in the way: choose a directory with --data"
	}
	return "check the directory, or choose another one with --data"
}

func newLogger(cfg *Config, w io.Writer) *slog.Logger {
	var o slog.HandlerOptions
	level := new(slog.LevelVar)
	if err := level.UnmarshalText([]byte(cfg.LogLevel)); err == nil { // else Info; validate has seen it
		o.Level = level
	}
	if cfg.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, &o))
	}
	return slog.New(slog.NewTextHandler(w, &o))
}
