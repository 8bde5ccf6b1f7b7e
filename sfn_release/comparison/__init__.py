"""What a change of a workflow means: for its callers, its role, and its running executions. Pure."""
