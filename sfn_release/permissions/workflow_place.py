"""The account and region of a workflow's state machine, as far as its settings say. Pure."""

from __future__ import annotations

from sfn_release.permissions.needed import Place
from sfn_release.project import Environment
from sfn_release.release.rendering import Rendered


def place_of(environment: Environment, rendered: Rendered) -> Place:
    """Return the account of a workflow's state machine: the environment's, or its role's.

    The account is "" where neither is known.
    """
    given = environment.given
    parts = rendered.role.split(":")
    of_role = parts[4] if len(parts) > 4 else ""  # noqa: PLR2004 - of an ARN
    account = given.get("AWS::AccountId") or of_role
    return Place(given["AWS::Partition"], given["AWS::Region"], account)
