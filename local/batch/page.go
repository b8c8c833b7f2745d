package batch

import (
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/local/kv"
	"github.com/statelark/statelark/local/record"
)

// page returns the records of names, or of all in their order, from the one after the token.
func page[T any](t record.Table[T], at arn.Place, names []string, token string, max int, name func(*T) string) (list []*T, next string, err error) {
	list = []*T{}
	for _, id := range names {
		v, err := t.Get(at, nameOf(id))
		if err != nil {
			return nil, "", err
		}
		if v != nil {
			list = append(list, v)
		}
	}
	if len(names) > 0 {
		return list, "", nil
	}
	from, to := t.Key(at), kv.After(t.Key(at))
	if token != "" {
		from = append(t.Key(at, token), 0)
	}
	limit := pageSize(max)
	for v, err := range t.Range(from, to, false) {
		if err != nil {
			return nil, "", err
		}
		if len(list) == limit {
			return list, name(list[limit-1]), nil
		}
		list = append(list, v)
	}
	return list, "", nil
}
