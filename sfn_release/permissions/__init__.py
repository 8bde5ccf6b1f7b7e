"""What IAM must allow the role of a workflow: read from its definition. Pure."""
