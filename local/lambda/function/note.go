package function

import "maps"

// A note is what is kept of a function, or of a version or an alias of it, that has no part in how it runs: a policy, a URL.
// It is the JSON of whoever set it. What a note hangs on is deleted with it.

// Note returns a note of a function, "" when there is none.
func (c *Catalog) Note(r Ref, kind string) (string, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	e, _, err := c.find(r)
	if err != nil {
		return "", err
	}
	return e.notes[noteKey(kind, r.Qualifier)], nil
}

// Notes returns all notes of a kind of a function, by qualifier.
func (c *Catalog) Notes(r Ref, kind string) (map[string]string, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	e, _, err := c.find(Ref{Place: r.Place, Name: r.Name})
	if err != nil {
		return nil, err
	}
	found := map[string]string{}
	for key, text := range e.notes {
		if qualifier, ok := cutKind(key, kind); ok {
			found[qualifier] = text
		}
	}
	return found, nil
}

// SetNote changes a note of an uploaded function: change gets the old text and returns the new one, "" for none.
func (c *Catalog) SetNote(r Ref, kind string, change func(old string) (string, error)) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	old, err := c.uploaded(r, "")
	if err != nil {
		return err
	}
	key := noteKey(kind, r.Qualifier)
	text, err := change(old.notes[key])
	if err != nil {
		return err
	}
	e := *old
	if e.notes = maps.Clone(old.notes); e.notes == nil {
		e.notes = make(map[string]string)
	}
	delete(e.notes, key)
	if text != "" {
		e.notes[key] = text
	}
	return c.replace(&e)
}

// without returns notes without those of a version or an alias.
func without(notes map[string]string, qualifier string) map[string]string {
	left := maps.Clone(notes)
	maps.DeleteFunc(left, func(key, _ string) bool {
		return len(key) > len(qualifier) && key[len(key)-len(qualifier)-1:] == "/"+qualifier
	})
	return left
}

func noteKey(kind, qualifier string) string {
	if qualifier == Latest {
		qualifier = ""
	}
	return kind + "/" + qualifier
}

func cutKind(key, kind string) (qualifier string, ok bool) {
	if len(key) <= len(kind) || key[:len(kind)+1] != kind+"/" {
		return "", false
	}
	return key[len(kind)+1:], true
}
