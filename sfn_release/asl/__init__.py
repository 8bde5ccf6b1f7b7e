"""The Amazon States Language: its fields, paths, intrinsic functions and JSONata. Pure, no I/O."""
