package statelark

import "slices"

// Tag is a label on a state machine or an activity.
type Tag struct {
	Key   string
	Value string
}

// PutTags returns tags with put in it, in the order in which keys were first given. A key that is there gets
// the new value. tags is left as it is.
func PutTags(tags, put []Tag) []Tag {
	out := append(make([]Tag, 0, len(tags)+len(put)), tags...)
	for _, t := range put {
		if i := indexTag(out, t.Key); i >= 0 {
			out[i].Value = t.Value
		} else {
			out = append(out, t)
		}
	}
	return out
}

// DropTags returns tags without those of the given keys. tags is left as it is.
func DropTags(tags []Tag, keys []string) []Tag {
	out := make([]Tag, 0, len(tags))
	for _, t := range tags {
		if !slices.Contains(keys, t.Key) {
			out = append(out, t)
		}
	}
	return out
}

func indexTag(tags []Tag, key string) int {
	return slices.IndexFunc(tags, func(t Tag) bool { return t.Key == key })
}
