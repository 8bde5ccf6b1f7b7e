"""A folder that stands in for a bucket: the key ``a/b.csv`` is the file ``b.csv`` in ``a``.

Nothing outside the folder is read or written: keys with ``..`` name no object, and links that lead
out of the folder are ignored.
"""

from __future__ import annotations

import contextlib
import errno
import mimetypes
import os
import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from sfn_release.simulator import NoAnswer
from sfn_release.tasks.object_store import StoredObject, in_s3_s_order

_TEMPORARY = ".sfn-release-"  # the prefix of a file that is being written


class FolderBucket:
    """The files in a *folder*, which the first object that you put creates."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def place(self) -> str:
        """Where the files are."""
        return f"the folder {self._folder}"

    def exists(self) -> bool:
        """Whether the folder is there."""
        return self._folder.is_dir()

    def get(self, key: str) -> StoredObject | None:
        """Return the file's content; None if there's no such file inside the folder."""
        path = self._path(key)
        try:
            if path is None or not path.is_file():
                return None
            modified = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            type_ = mimetypes.guess_type(path.name)[0] or "binary/octet-stream"
            return StoredObject(path.read_bytes(), modified, type_)
        except (OSError, ValueError) as error:
            if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
                return None  # no file can have this name, and S3's keys can
            raise self._impossible("read", key, str(error)) from error

    def put(self, key: str, content: StoredObject) -> None:
        """Write the file at once as a whole: a reader sees the old content or the new."""
        path = self._path(key)
        if path is None:
            raise self._impossible("write", key, "the key names no file inside the folder")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=_TEMPORARY, dir=path.parent)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(content.body)
                os.replace(name, path)  # noqa: PTH105 - both are texts already
            except BaseException:
                os.unlink(name)  # noqa: PTH108 - likewise
                raise
        except (OSError, ValueError) as error:
            raise self._impossible("write", key, str(error)) from error

    def delete(self, key: str) -> None:
        """Delete the file, if there is one."""
        path = self._path(key)
        try:
            if path is not None and path.is_file():
                path.unlink()
        except (OSError, ValueError) as error:
            raise self._impossible("delete", key, str(error)) from error

    def keys(self, prefix: str) -> Iterable[str]:
        """Return the keys that begin with *prefix*, in S3's order."""
        return in_s3_s_order(key for key in self._found(prefix) if key.startswith(prefix))

    def _found(self, prefix: str) -> Iterator[str]:
        """Yield the keys of all files below the folder that *prefix* names."""
        parent = prefix.rpartition("/")[0]
        start = self._path(f"{parent}/x") if parent else self._folder / "x"
        if start is None:
            return
        for folder, _, names in os.walk(start.parent):
            inside = Path(folder).relative_to(self._folder).as_posix()
            for name in names:
                key = name if inside == "." else f"{inside}/{name}"
                if not name.startswith(_TEMPORARY) and self._path(key) is not None:
                    yield key

    def _path(self, key: str) -> Path | None:
        """Return the file of a key; None for a key that names none inside the folder."""
        parts = key.split("/")
        if any(part in ("", ".", "..") or "\\" in part or "\0" in part for part in parts):
            return None
        path = self._folder.joinpath(*parts)
        with contextlib.suppress(OSError, ValueError, RuntimeError):
            if path.resolve().is_relative_to(self._folder.resolve()):
                return path
        return None

    def _impossible(self, verb: str, key: str, reason: str) -> NoAnswer:
        return NoAnswer(
            "SfnRelease.BadBucket",
            f"Can't {verb} the object {key!r} in the folder {self._folder}: {reason}",
        )
