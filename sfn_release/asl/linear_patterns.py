"""Regular expressions in linear time: of paths, ``[?(@.name =~ /a.*/i)]``, and of JSON Schemas.

Python's own engine can run forever, ``(a+)+b``, and you can't stop it, so RE2 runs them. RE2 has no
lookarounds, back references or counts over 1000: a pattern with these is valid, but can't be run
here.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any


class PatternError(Exception):
    """A regular expression can't be run in bounded time."""


@lru_cache(maxsize=1024)
def linear_pattern(text: str, *, ignores_case: bool = False) -> Any:
    """Return a compiled pattern of RE2. Raises PatternError if the time can't be bounded."""
    import re2

    options = re2.Options()
    options.case_sensitive = not ignores_case
    options.log_errors = False
    try:
        return re2.compile(text, options)
    except (re2.error, UnicodeError) as error:
        raise PatternError(
            f"the regular expression /{text}/ has lookarounds, back references or large"
            " counts, which aren't supported: they can run forever"
        ) from error


def searchable(value: str) -> str:
    """Return a text as RE2 takes it: without lone surrogates."""
    return re.sub("[\ud800-\udfff]", "\ufffd", value)


def occurs(pattern: str, value: str) -> bool:
    """Whether a part of *value* matches. Raises PatternError if the time can't be bounded."""
    return linear_pattern(pattern).search(searchable(value)) is not None
