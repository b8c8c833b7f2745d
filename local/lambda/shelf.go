package lambda

import (
	"context"

	"github.com/statelark/statelark/local/kv"
	"github.com/statelark/statelark/local/record"
)

// shelf is what is no part of a function, as records; the archives of layers stand beside them, under layer-code/ and the digest.
type shelf struct {
	store    kv.Store
	layers   record.Table[layerVersion] // by name and number, padded with zeros
	numbers  record.Table[layerNumber]  // by name
	signing  record.Table[signingConfig]
	mappings record.Table[mapping]
}

func newShelf(store kv.Store) shelf {
	return shelf{
		store:    store,
		layers:   record.NewTable[layerVersion](store, "layer"),
		numbers:  record.NewTable[layerNumber](store, "layer-number"),
		signing:  record.NewTable[signingConfig](store, "code-signing"),
		mappings: record.NewTable[mapping](store, "event-source-mapping"),
	}
}

// apply makes a batch seen, durably.
func (s *shelf) apply(ctx context.Context, b *kv.Batch) error {
	if err := s.store.Apply(b); err != nil {
		return err
	}
	return s.store.Durable(ctx)
}
