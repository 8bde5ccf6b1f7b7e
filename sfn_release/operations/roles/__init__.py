"""Roles of workflows, as IAM has them: reading them, and comparing them with what is needed."""
