"""Names of Lambda functions, as definitions and releases.toml write them.

``charge``, ``charge:live``, ``000000000000:function:charge`` and the whole ARN name one function.
Source: the parameter FunctionName of Invoke in AWS's Lambda API reference.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_FUNCTION = re.compile(
    r"(?:(?:arn:[\w-]+:lambda:(?P<region>[\w-]*):)?(?P<account>\d{12}):function:)?"
    r"(?P<name>[\w-]+)(?::(?P<qualifier>\$LATEST|[\w-]+))?"
)


class FunctionName(NamedTuple):
    """A function's name; *qualifier* is a version or alias, or empty."""

    name: str
    qualifier: str = ""
    region: str = ""
    account: str = ""

    def arn(self, region: str, account: str) -> str:
        """Return the ARN, with the given region and account if the name has none of its own."""
        owner = f"{self.region or region}:{self.account or account}"
        end = f":{self.qualifier}" if self.qualifier else ""
        return f"arn:aws:lambda:{owner}:function:{self.name}{end}"


def parse_function(text: str, qualifier: str = "") -> FunctionName | None:
    """Parse a function's name or ARN; None for other text. *qualifier* is a separate parameter.

    >>> parse_function("arn:aws:lambda:eu-west-1:111111111111:function:charge:live")
    FunctionName(name='charge', qualifier='live', region='eu-west-1', account='111111111111')
    """
    found = _FUNCTION.fullmatch(text)
    if found is None:
        return None
    return FunctionName(
        found["name"],
        found["qualifier"] or qualifier,
        found["region"] or "",
        found["account"] or "",
    )
