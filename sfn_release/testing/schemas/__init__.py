"""Inputs of a workflow from its JSON Schema: a hypothesis strategy for tests."""
