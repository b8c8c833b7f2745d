package shortcut

import (
	"io"
	"net"
	"strings"
	"testing"
)

// BenchmarkRequest sends requests of the usual size over a connection each for 32 clients, to the loop and to package
// net/http. The clients do next to nothing.
func BenchmarkRequest(b *testing.B) {
	for _, loop := range []bool{false, true} {
		name := map[bool]string{false: "http", true: "loop"}[loop]
		b.Run(name, func(b *testing.B) {
			r := newRig(nil)
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			if loop {
				go func() { _ = r.server.Serve(l) }()
				defer func() { _ = r.server.Close() }()
			} else {
				go func() { _ = r.server.HTTP.Serve(l) }()
				defer func() { _ = r.server.HTTP.Close() }()
			}
			text := strings.Replace(request("Echo", `{"text":"`+strings.Repeat("x", 500)+`"}`), "\r\n",
				"\r\nAccept-Encoding: identity\r\nContent-Type: application/x-amz-json-1.0\r\nUser-Agent: Boto3/1.40 md/Botocore#1.40 ua/2.1 os/linux\r\n"+
					"X-Amz-Date: 20261129T000000Z\r\nAuthorization: AWS4-HMAC-SHA256 Credential=AKID/20261129/us-east-1/states/aws4_request, "+
					"SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature="+strings.Repeat("0", 64)+"\r\n", 1)
			b.SetParallelism(16)
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				conn, err := net.Dial("tcp", l.Addr().String())
				if err != nil {
					b.Error(err)
					return
				}
				defer func() { _ = conn.Close() }() // all is read
				buf := make([]byte, 4<<10)
				for pb.Next() {
					if _, err := io.WriteString(conn, text); err != nil {
						b.Error(err)
						return
					}
					if _, err := conn.Read(buf); err != nil || string(buf[:15]) != "HTTP/1.1 200 OK" {
						b.Errorf("%v: %.100s", err, buf)
						return
					}
				}
			})
		})
	}
}
