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

// give hands a connection over with what was read of it. When the server stops meanwhile, it is closed.
func (h *handedOver) give(c net.Conn, read []byte) {
	select {
	case h.conns <- &replayed{Conn: c, read: read}:
	case <-h.closed:
		_ = c.Close() // it has no answer to lose
	}
}

// replayed is a connection a part of which was read already.
type replayed struct {
	net.Conn
	read []byte
}

// Read reads what was read before, and then from the connection.
func (r *replayed) Read(p []byte) (int, error) {
	if len(r.read) == 0 {
		return r.Conn.Read(p)
	}
	n := copy(p, r.read)
	if r.read = r.read[n:]; len(r.read) == 0 {
		r.read = nil
	}
	return n, nil
}

// CloseWrite ends the answers. Package net/http looks for it, so that the last one arrives.
func (r *replayed) CloseWrite() error {
	if half, ok := r.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
