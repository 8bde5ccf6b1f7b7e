"""What a change of a workflow means: for callers, the role, and running executions. Pure."""
