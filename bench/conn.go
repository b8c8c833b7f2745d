package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strconv"
	"strings"
)

// conn is a connection that stays open and carries one HTTP/1.1 request after another. It does less than net/http
// for a request, since a load generator shares the machine with what it measures.
type conn struct {
	net.Conn
	r   *bufio.Reader
	out bytes.Buffer
}

func dial(addr string) (*conn, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c, r: bufio.NewReaderSize(c, 4096)}, nil
}

// post sends body and returns the body of the answer, which is valid until the next call. An answer other than
// 2xx is an error. Headers is whole lines.
func (c *conn) post(path, headers, body string) ([]byte, error) {
	c.out.Reset()
	fmt.Fprintf(&c.out, "POST %s HTTP/1.1\r\nHost: localhost\r\n%sContent-Length: %d\r\n\r\n%s", path, headers, len(body), body)
	if _, err := c.Write(c.out.Bytes()); err != nil {
		return nil, err
	}
	status, err := c.r.ReadSlice('\n')
	if err != nil {
		return nil, err
	}
	ok := bytes.HasPrefix(status, []byte("HTTP/1.1 2"))
	line := strings.TrimSpace(string(status))
	answer, err := c.body()
	if err == nil && !ok {
		err = fmt.Errorf("%s: %.300s", line, answer)
	}
	return answer, err
}

// body reads the header lines and what follows them.
func (c *conn) body() ([]byte, error) {
	length, chunked := 0, false
	for {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return nil, err
		}
		name, text, found := bytes.Cut(bytes.TrimSpace(line), []byte(":"))
		if !found {
			break // the empty line
		}
		switch textproto.CanonicalMIMEHeaderKey(string(name)) {
		case "Content-Length":
			if length, err = strconv.Atoi(string(bytes.TrimSpace(text))); err != nil {
				return nil, err
			}
		case "Transfer-Encoding":
			chunked = true
		}
	}
	c.out.Reset()
	if !chunked {
		_, err := io.CopyN(&c.out, c.r, int64(length))
		return c.out.Bytes(), err
	}
	for {
		line, err := c.r.ReadString('\n')
		if err != nil {
			return nil, err
		}
		n, err := strconv.ParseInt(strings.TrimSpace(line), 16, 32)
		if err != nil {
			return nil, errors.New("a chunk without its length")
		}
		if _, err := io.CopyN(&c.out, c.r, n); err != nil {
			return nil, err
		}
		if _, err := c.r.Discard(2); err != nil {
			return nil, err
		}
		if n == 0 {
			return c.out.Bytes(), nil
		}
	}
}

// signed is the header of a client that signs. Emulators tell services by its scope; nobody looks at the signature.
const signed = "Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/states/aws4_request, SignedHeaders=host, Signature=0\r\n"

// aws makes one call of the Step Functions API.
func (c *conn) aws(op, body string) ([]byte, error) {
	return c.post("/", "X-Amz-Target: AWSStepFunctions."+op+"\r\nContent-Type: application/x-amz-json-1.0\r\n"+signed, body)
}
