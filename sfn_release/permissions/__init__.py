"""The permissions that IAM must give the role of a workflow, read from its definition. Pure."""
