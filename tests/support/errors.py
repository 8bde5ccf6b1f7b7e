"""Expected errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from sfn_release.errors import SfnReleaseError


@contextmanager
def refused(code: str, *words: str) -> Iterator[None]:
    """Expect an error with *code* whose text holds all *words*."""
    with pytest.raises(SfnReleaseError) as caught:
        yield
    text = str(caught.value)
    assert (code, [word for word in words if word not in text]) == (caught.value.code, []), text
