"""Roles of workflows, as IAM has them: reading and comparing them with the workflows' needs."""
