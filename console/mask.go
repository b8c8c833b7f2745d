package console

// Hidden stands in place of a value that is not shown.
const Hidden = "•••"
