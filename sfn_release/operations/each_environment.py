"""Several environments in one command: one that fails doesn't hide the others.

They are taken in turn and not side by side: questions and progress stay readable, and you can stop
the command when the first environment fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from sfn_release.errors import SfnReleaseError

Answer = TypeVar("Answer")


class Attempts:
    """Tries something in *count* environments. *errors* maps failed environments to their errors.

    *failed* is called with each failure at once. A single environment raises its error instead.
    """

    def __init__(
        self,
        count: int,
        failed: Callable[[str, SfnReleaseError], None] = lambda _name, _error: None,
    ) -> None:
        self.errors: dict[str, SfnReleaseError] = {}
        self._count = count
        self._failed = failed

    @contextmanager
    def trying(self, name: str) -> Iterator[None]:
        """Try something in an environment: keep the error of the block."""
        try:
            yield
        except SfnReleaseError as error:
            if self._count == 1:
                raise
            self.errors[name] = error
            self._failed(name, error)

    def each(self, names: Iterable[str], act: Callable[[str], Answer]) -> dict[str, Answer]:
        """Call *act* for each environment in turn; return the results of the successful ones."""
        answers: dict[str, Answer] = {}
        for name in names:
            with self.trying(name):
                answers[name] = act(name)
        return answers
