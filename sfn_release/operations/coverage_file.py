"""The file that keeps the coverage of the last test run, so that other commands can show it."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

from sfn_release.errors import FileError, UsageError
from sfn_release.testing.coverage.coverage_data import CoverageData, data_from_text


def read_coverage(path: Path) -> CoverageData:
    """Return the data of a file. Raises UsageError without one, or if it holds something else."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UsageError(
            f"There is no coverage data: {path} doesn't exist.",
            fix="Run your tests with coverage first:  pytest --sfn-coverage\n"
            "  or  sfn-release test --coverage",
        ) from None
    except OSError as error:
        raise UsageError(f"Can't read {path}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 text.") from error
    return data_from_text(text, str(path))


def write_coverage(path: Path, data: CoverageData, *, append: bool = False) -> CoverageData:
    """Replace the file by *data*, and return its content.

    With *append*, the counts of the file are added. Raises FileError.
    """
    if append and path.exists():
        data = read_coverage(path).plus(data)
    new = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new.write_text(json.dumps(data.to_json(), ensure_ascii=False) + "\n", encoding="utf-8")
        new.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            new.unlink()
        raise FileError(
            f"Can't write the coverage data to {path}: {error.strerror}.",
            fix="Make the folder writable.",
        ) from error
    return data
