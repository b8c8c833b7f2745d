package interp

// Size TEMP
func (x *Exec) Size() int { return 1000 * len(x.threads) }
