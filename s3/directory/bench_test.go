package directory_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/statelark/statelark/s3"
)

func BenchmarkList(b *testing.B) {
	store, folder := open(b)
	const n = 20_000
	for i := range n {
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%06d", i*7919%n)), nil, 0o600); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if got := keys(b, store, s3.ListRequest{Bucket: "data"}); len(got) != n {
			b.Fatal(len(got))
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "objects/s")
}
