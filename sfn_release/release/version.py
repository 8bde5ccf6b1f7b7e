"""Release versions: Semantic Versioning, and the order of versions."""

from __future__ import annotations

from functools import lru_cache, total_ordering
from typing import Annotated, Literal

from sfn_release.errors import VersionError
from sfn_release.names import TextFormat

_LONGEST = 128  # characters; a version is part of a file's name, its Git tag


def parse_version(text: str) -> str:
    """Return *text* as a release version, without a leading ``v``.

    Raises VersionError for texts that Semantic Versioning 2.0 doesn't allow, and for build
    metadata: ``1.2.0+a`` and ``1.2.0+b`` have the same precedence, so neither would be the later
    one, and AWS doesn't allow ``+`` in an alias's name.
    """
    import semver

    version = text.removeprefix("v")
    try:
        parsed = semver.Version.parse(version)
    except (ValueError, TypeError) as error:
        raise VersionError(
            f"{text!r} is not a semantic version.",
            why="A version is MAJOR.MINOR.PATCH, with an optional pre-release: 1.2.0, 2.0.0-rc.1.",
            fix="See https://semver.org/.",
        ) from error
    if parsed.build:
        raise VersionError(
            f"{text!r} has build metadata, and a release can't have it.",
            why="Semantic Versioning ignores the text after the +, so two such versions would be"
            " equal and still have different content.",
            fix=f"Release {parsed.replace(build=None)}; the commit is recorded anyway.",
        )
    if len(version) > _LONGEST:
        raise VersionError(f"A version has at most {_LONGEST} characters, not {len(version)}.")
    if version.endswith(".lock"):
        raise VersionError(f"{text!r} can't be a Git tag: its name ends with .lock.")
    return version


@lru_cache(maxsize=1024)  # a manifest names few versions many times
def is_version(text: str) -> bool:
    """Return whether *text* is a release version as `parse_version` returns it."""
    try:
        return parse_version(text) == text
    except VersionError:
        return False


VERSION = TextFormat(
    "release version",
    is_version,
    "It is a semantic version without build metadata, written like 1.2.0 or 2.0.0-rc.1.",
)
Version = Annotated[str, VERSION]


FOUND = "0.0.0-found."
"""The beginning of the versions of releases that were found in AWS; a number follows."""


def is_found(version: str) -> bool:
    """Return whether *version* is a release that was found in AWS, not made from a commit.

    >>> is_found("0.0.0-found.1"), is_found("0.0.0")
    (True, False)
    """
    return version.startswith(FOUND)


def refuse_found(version: str) -> None:
    """Raise VersionError for a *version* that can't be published."""
    if is_found(version):
        raise VersionError(
            f"{version} can't be published: these versions are for content that was found in AWS.",
            why="A deployment with --adopt makes one, so that a rollback can restore that content.",
            fix="Publish another version, 0.1.0 for example.",
        )


Part = Literal["major", "minor", "patch"]
"""A part of a version that the next one can raise."""


def raised(version: str, part: Part) -> str:
    """Return the version that raises a *part* of *version*; never a pre-release.

    After a pre-release, it is the version that the pre-release leads to, if that raises the part.

    >>> raised("1.2.3", "minor"), raised("2.0.0-rc.1", "patch"), raised("1.2.4-rc.1", "minor")
    ('1.3.0', '2.0.0', '1.3.0')
    """
    import semver

    return str(semver.Version.parse(version).next_version(part))


def without_prerelease(version: str) -> str:
    """Return the version that a pre-release leads to.

    >>> without_prerelease("2.0.0-rc.1"), without_prerelease("1.2.0")
    ('2.0.0', '1.2.0')
    """
    import semver

    return str(semver.Version.parse(version).finalize_version())


def is_initial(version: str) -> bool:
    """Return whether *version* is below 1.0.0, where a breaking change raises the minor part.

    >>> is_initial("0.3.1"), is_initial("1.0.0-rc.1")
    (True, False)
    """
    import semver

    return semver.Version.parse(version).major == 0


@total_ordering
class Precedence:
    """A version in the order of Semantic Versioning: ``sorted(versions, key=Precedence)``."""

    def __init__(self, version: str) -> None:
        import semver

        self._version = semver.Version.parse(version)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Precedence) and self._version == other._version

    def __lt__(self, other: Precedence) -> bool:
        return bool(self._version < other._version)

    def __hash__(self) -> int:
        return hash(self._version)
