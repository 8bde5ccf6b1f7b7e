"""The verbs, one file each, named as their command.

Every verb takes a `Workspace` first, raises SfnReleaseError, and returns frozen data.
"""
