package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

// stopTime is how long a server takes at most to stop in order.
const stopTime = 9 * time.Second

// serve runs a node until a signal ends it. The second signal ends the process at once.
func serve(c *cobra.Command, cfg *Config, started func(*Node)) error {
	log := newLogger(cfg, c.ErrOrStderr())
	ctx, release := signal.NotifyContext(c.Context(), syscall.SIGINT, syscall.SIGTERM)
	defer release()
	go keepMemory(ctx, cfg.memory())
	n, err := StartNode(ctx, cfg, log)
	if err != nil {
		return err
	}
	started(n)
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
