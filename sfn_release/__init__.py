"""Releases for AWS Step Functions that never change (draft)."""

__version__ = "0.1.0"
