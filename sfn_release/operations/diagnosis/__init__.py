"""The examinations of `doctor`, one subject per file. They change nothing, here or in AWS."""
