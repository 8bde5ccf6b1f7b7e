"""The files that `sfn-release init` writes: a project, and the pipeline that releases it."""
