# The event comes in on standard input, the result goes out on standard output.
printf '{"function": "Foo", "event": %s}' "$(cat)"
