"""Doing something in several environments, each on its own: one that fails hides no other.

They are taken in turn and not side by side: what is asked and told stays readable, and whoever
watches the first one fail can stop before the second begins.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from sfn_release.errors import SfnReleaseError

Returned = TypeVar("Returned")


def in_each(
    environments: Sequence[str],
    act: Callable[[str], Returned],
    *,
    failed: Callable[[str, SfnReleaseError], None] = lambda _name, _error: None,
    of: int | None = None,
) -> tuple[dict[str, Returned], dict[str, SfnReleaseError]]:
    """Return what *act* answered by environment, and what it raised; *failed* hears that at once.

    With a single environment, what it raises is raised; *of* is how many there are, if they are
    more than are tried here.
    """
    answers: dict[str, Returned] = {}
    errors: dict[str, SfnReleaseError] = {}
    for name in environments:
        try:
            answers[name] = act(name)
        except SfnReleaseError as error:
            if (of or len(environments)) == 1:
                raise
            errors[name] = error
            failed(name, error)
    return answers, errors
