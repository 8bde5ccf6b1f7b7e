"""The hook that other plugins, and your conftest.py, can implement."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

    from sfn_release.testing.run import Run


def pytest_sfn_run_finished(item: pytest.Item, workflow: str | None, run: Run) -> None:
    """Receive a run of the fixture `simulate`, before the test *item* sees it.

    *workflow* is the name in the project, None for a definition or a file.
    """
