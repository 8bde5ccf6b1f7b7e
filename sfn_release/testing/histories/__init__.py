"""Histories of executions: reading them, from AWS, from files and from the simulator."""
