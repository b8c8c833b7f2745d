package console

import (
	"reflect"
	"sync"
)

// whole sets the slices and maps in v that are nil to empty ones, where they are not left out: the front end has their types as
// lists that are always there. v is a pointer to a struct.
func whole(v any) {
	if p := reflect.ValueOf(v); p.Kind() == reflect.Pointer && !p.IsNil() {
		complete(p.Elem())
	}
}

func complete(v reflect.Value) {
	if !hasParts(v.Type()) {
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			complete(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); f.CanSet() {
				complete(f)
			}
		}
	case reflect.Slice:
		if v.IsNil() {
			v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		}
		if hasParts(v.Type().Elem()) {
			for i := range v.Len() {
				complete(v.Index(i))
			}
		}
	case reflect.Map:
		if v.IsNil() {
			v.Set(reflect.MakeMap(v.Type()))
		}
	}
}

// parts tells for types whether there is a slice or a map in them, so that 25,000 events without one are not looked at.
var parts sync.Map // of reflect.Type to bool

func hasParts(t reflect.Type) bool {
	if known, ok := parts.Load(t); ok {
		return known.(bool)
	}
	has := false
	switch t.Kind() {
	case reflect.Slice: // of bytes it is JSON as it stands
		has = t.Elem().Kind() != reflect.Uint8
	case reflect.Map:
		has = true
	case reflect.Pointer:
		has = hasParts(t.Elem()) // a struct that has itself has itself in a slice
	case reflect.Struct:
		for i := range t.NumField() {
			has = has || t.Field(i).IsExported() && hasParts(t.Field(i).Type)
		}
	}
	parts.Store(t, has)
	return has
}
