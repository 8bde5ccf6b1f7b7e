"""The regular expressions of path filters, ``[?(@.name =~ /a.*/i)]``, in linear time.

AWS allows them in paths, but not in reference paths ("Using JSONPath paths" in the developer
guide). Python's own engine can run forever, ``(a+)+b``, and you can't stop it, so RE2 runs them.
RE2 has no lookarounds, back references or counts over 1000: a path with these is valid, but can't
be run here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any


class PatternError(Exception):
    """A regular expression can't be run in bounded time."""


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
        return self._linear.fullmatch(re.sub("[\ud800-\udfff]", "\ufffd", value)) is not None

    @cached_property
    def _linear(self) -> Any:
        import re2

        options = re2.Options()
        options.case_sensitive = not self.ignores_case
        options.log_errors = False
        try:
            return re2.compile(self.text, options)
        except (re2.error, UnicodeError) as error:
            raise PatternError(
                f"the regular expression /{self.text}/ has lookarounds, back references or large"
                " counts, which aren't supported: they can run forever"
            ) from error
