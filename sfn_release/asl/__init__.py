"""The Amazon States Language: states, conditions, expressions, reader, checks. Pure, no I/O."""
