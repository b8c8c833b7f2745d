package shortcut

import (
	"net"
	"sync"
)

// handedOver is the listener of package net/http: it accepts the connections that the loop does not go on with.
type handedOver struct {
	addr   net.Addr
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

// Accept waits for a connection.
func (h *handedOver) Accept() (net.Conn, error) {
	select {
	case c := <-h.conns:
		return c, nil
	case <-h.closed:
		return nil, net.ErrClosed
	}
}

// Close ends Accept.
func (h *handedOver) Close() error {
	h.once.Do(func() { close(h.closed) })
	return nil
}

// Addr returns the address of the listener that the connections come from.
func (h *handedOver) Addr() net.Addr { return h.addr }

// give hands a connection over. When the server stops meanwhile, it is closed.
func (h *handedOver) give(c net.Conn) {
	select {
	case h.conns <- c:
	case <-h.closed:
		_ = c.Close() // it has no answer to lose
	}
}
