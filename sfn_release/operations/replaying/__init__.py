"""Replaying many executions: candidates, processes side by side, shards, saved files, reports."""
