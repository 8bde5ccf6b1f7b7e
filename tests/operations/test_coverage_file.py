"""The file of coverage data: replaced, added to, and never half written."""

from __future__ import annotations

from pathlib import Path

import pytest

from sfn_release.errors import FileError, UsageError
from sfn_release.operations.coverage_file import read_coverage, write_coverage
from sfn_release.operations.verbs.coverage import data_file
from sfn_release.testing.coverage.coverage_data import CoverageData, WorkflowCounts
from sfn_release.testing.coverage.points import Points

DATA = CoverageData({"a": WorkflowCounts(Points(("X",), {}), {"X": 2}, {}, 1)})


def test_data_is_replaced_or_added(tmp_path: Path) -> None:
    """The result is the content of the file."""
    file = tmp_path / "new" / "data"
    assert write_coverage(file, DATA) == write_coverage(file, DATA) == read_coverage(file) == DATA
    twice = write_coverage(file, DATA, append=True)
    assert twice == read_coverage(file)
    assert (twice.workflows["a"].states, twice.workflows["a"].runs) == ({"X": 4}, 2)
    assert [path.name for path in file.parent.iterdir()] == ["data"]


def test_a_changed_definition_keeps_the_counts_of_what_is_left(tmp_path: Path) -> None:
    """The points are those of the newest definition."""
    write_coverage(tmp_path / "data", DATA)
    changed = CoverageData({"a": WorkflowCounts(Points(("Y",), {}), {"Y": 1}, {}, 1)})
    write_coverage(tmp_path / "data", changed, append=True)
    assert read_coverage(tmp_path / "data").workflows["a"].states == {"Y": 1}


def test_what_is_not_a_file_is_an_error(tmp_path: Path) -> None:
    """For reading and for writing; nothing is left behind."""
    (tmp_path / "data").mkdir()
    with pytest.raises(FileError, match="Is a directory"):
        write_coverage(tmp_path / "data", DATA)
    with pytest.raises(UsageError, match="Is a directory"):
        read_coverage(tmp_path / "data")
    assert [path.name for path in tmp_path.glob("data*")] == ["data"]
    (tmp_path / "binary").write_bytes(b"\xff")
    with pytest.raises(UsageError, match="not UTF-8"):
        read_coverage(tmp_path / "binary")
    (tmp_path / "other").write_text("{}")
    with pytest.raises(UsageError, match="doesn't hold coverage data"):
        write_coverage(tmp_path / "other", DATA, append=True)


def test_the_file_is_in_the_folder_of_the_project(tmp_path: Path) -> None:
    """Also seen from a folder in it; without a project it's in the folder itself."""
    inner = tmp_path / "inner"
    inner.mkdir()
    assert data_file(inner) == inner / ".sfn-coverage"
    (tmp_path / "releases.toml").touch()
    assert data_file(inner) == tmp_path / ".sfn-coverage"
