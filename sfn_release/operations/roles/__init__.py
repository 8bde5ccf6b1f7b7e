"""Roles of workflows, as IAM has them: reading them, and comparing them with the workflows' needs."""
