"""Helpers of the tests: projects, worlds, services, faults, and the places of files."""
