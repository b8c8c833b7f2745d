package graph

// glyphs are small pictures of the types of states, as paths in a square of 20 pixels. They are our own.
var glyphs = map[string]string{
	"Task":     "M3 3h14v14h-14zM7 10l2.500 2.500l4.500-5",
	"Pass":     "M2 10h14M11 5l5 5l-5 5",
	"Choice":   "M10 2l8 8l-8 8l-8-8zM10 7v3.500M10 13v.1",
	"Wait":     "M10 2a8 8 0 1 0 .01 0M10 5.500v4.500l3.500 2",
	"Parallel": "M10 2v3M4 8v-3h12v3M4 8v7M10 5v10M16 8v7M4 15v3h12v-3M10 15v3",
	"Map":      "M3 5h10M3 10h10M3 15h10M17 5v10M15 13l2 2l2-2",
	"Succeed":  "M10 2a8 8 0 1 0 .01 0M6 10.500l2.800 2.800l5.200-6",
	"Fail":     "M10 2a8 8 0 1 0 .01 0M7 7l6 6M13 7l-6 6",
}

// Glyph returns the path of a type of state; of one that is not known a question mark's.
func Glyph(typ string) string {
	if g, ok := glyphs[typ]; ok {
		return g
	}
	return "M7 7.500a3 3 0 1 1 4.500 2.600c-1 .6-1.500 1.200-1.500 2.400M10 16v.1"
}
