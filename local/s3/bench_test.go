package s3

import (
	"io"
	"testing"
)

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// What a large object costs without the network: MD5, CRC64NVME and the file.
func BenchmarkPut(b *testing.B) {
	for _, c := range []struct {
		name string
		size int64
	}{{"1KiB", 1 << 10}, {"64MiB", 64 << 20}} {
		b.Run(c.name, func(b *testing.B) {
			s := startBench(b)
			b.SetBytes(c.size)
			for b.Loop() {
				if _, err := s.ask("PutObject", `{"Bucket":"bkt","Key":"k"}`, io.LimitReader(zeros{}, c.size)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkGet(b *testing.B) {
	const size = 64 << 20
	s := startBench(b)
	if _, err := s.ask("PutObject", `{"Bucket":"bkt","Key":"k"}`, io.LimitReader(zeros{}, size)); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(size)
	for b.Loop() {
		reply, err := s.ask("GetObject", `{"Bucket":"bkt","Key":"k"}`, nil)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, struct{ io.Reader }{reply.Body}); err != nil {
			b.Fatal(err)
		}
		_ = reply.Body.Close()
	}
}

func startBench(b *testing.B) *bench {
	b.Helper()
	s := start(b, b.TempDir())
	if _, err := s.ask("CreateBucket", `{"Bucket":"bkt"}`, nil); err != nil {
		b.Fatal(err)
	}
	return s
}
