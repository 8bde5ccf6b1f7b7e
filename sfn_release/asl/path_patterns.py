"""The regular expressions of path filters, ``[?(@.name =~ /a.*/i)]``, in linear time.

AWS allows them in paths, but not in reference paths ("Using JSONPath paths" in the developer
guide). A path whose expression has no bounded time is valid, but can't be run here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sfn_release.asl.linear_patterns import linear_pattern, searchable


@dataclass(frozen=True)
class PathPattern:
    """A regular expression: its *text*, and whether case matters.

    Raises ValueError for invalid text.
    """

    text: str
    ignores_case: bool = False

    def __post_init__(self) -> None:
        try:
            re.compile(self.text)
        except (re.error, RecursionError, OverflowError) as error:
            raise ValueError(str(error)) from error

    def matches(self, value: str) -> bool:
        """Whether all of *value* matches. Raises PatternError if the time can't be bounded."""
        pattern = linear_pattern(self.text, ignores_case=self.ignores_case)
        return pattern.fullmatch(searchable(value)) is not None
