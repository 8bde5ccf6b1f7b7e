"""Checked texts: names, ids and paths from outside that become part of a path, ref or argument.

Anyone who can push can write any text into the ledger, and a text that becomes part of a path could
lead out of its folder. So each such text has a `TextFormat` that accepts or refuses it.

A dataclass names the format in a member's type: ``id: RecordId``. `strict_json.read_object` refuses
any other text, so a record that was read is safe to use. Functions that build a path or a ref check
again with `TextFormat.checked`, because their argument may come from elsewhere. If you add a member
that names something, give it a format; a test looks for members without one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Annotated

from sfn_release.errors import SfnReleaseError, TamperedError

TAG_PREFIX = "sfn-release:"
"""The start of the tags that name a state machine's project, environment and release."""

MAX_NAME = 80
"""Characters in a state machine's name: CreateStateMachine, parameter ``name``."""

# XML forbids the last two ranges too.
NOT_IN_NAME = '\\s<>{}\\[\\]?*"#%\\\\^|~`$&,;:/\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff'
"""Characters that CreateStateMachine refuses in a name, as the inside of a regular expression."""

_MAX_PATH = 1024
_MAX_PART = 255  # bytes in a file's name, on the file systems in use


@dataclass(frozen=True)
class TextFormat:
    """A format of texts: its *noun*, a function that *accepts* a text, and the *form* in words.

    *pattern* is the regular expression that matches the whole of an accepted text, if one does.

    >>> COMMIT_ID.accepts("c" * 40), COMMIT_ID.accepts("HEAD")
    (True, False)
    """

    noun: str
    accepts: Callable[[str], bool]
    form: str
    pattern: str = ""

    def checked(
        self, text: str, *, where: str = "", error: type[SfnReleaseError] = TamperedError
    ) -> str:
        """Return *text* if it has this format; else raise *error*, naming *where* it comes from.

        The default error is for texts of the ledger. Use ConfigError for texts of releases.toml,
        UsageError for texts of a command or a request.
        """
        if self.accepts(text):
            return text
        place = f"{where}: " if where else ""
        raise error(f"{place}{text[:200]!r} is not a {self.noun}.", why=self.form)


def _written(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda text: compiled.fullmatch(text) is not None


def _is_source(text: str) -> bool:
    """Return whether *text* is "" or a path that stays below the project's folder."""
    parts = PurePosixPath(text).parts
    return (
        not text.startswith("/")
        and ".." not in parts
        and "\0" not in text
        and len(text) <= _MAX_PATH
        and all(len(part.encode("utf-8", "surrogatepass")) <= _MAX_PART for part in parts)
    )


_ENVIRONMENT = r"[a-z][a-z0-9-]{0,30}"
ENVIRONMENT_NAME = TextFormat(
    "name of an environment",
    _written(_ENVIRONMENT),
    "Use at most 31 lower-case letters, digits and '-', and begin with a letter.",
    _ENVIRONMENT,
)
# It names Git branches: no `.lock` at the end. Upper and lower case are one file on some disks.
_PROJECT = r"(?!.{64})(?!.*\.lock$)[a-z0-9]+(?:[._-][a-z0-9]+)*"
PROJECT_NAME = TextFormat(
    "name of a project",
    _written(_PROJECT),
    "It names Git branches and an AWS tag: lower-case letters and digits, with single '-', '_' or"
    " '.' between them, at most 63 characters, not ending .lock.",
    _PROJECT,
)
WORKFLOW_NAME = TextFormat(
    "name of a workflow",
    _written(f"[^{NOT_IN_NAME}]{{1,{MAX_NAME}}}"),
    f"Use 1 to {MAX_NAME} characters, without white space, control characters, brackets, slashes"
    ' and ? * " # % \\ ^ | ~ ` $ & , ; :',
)
RECORD_ID = TextFormat(
    "deployment id",
    _written(r"[A-Za-z0-9][A-Za-z0-9-]{0,79}"),
    "It is written like 20300101T120000Z-0a1b2c3d: letters, digits and '-', at most 80 characters.",
)
COMMIT_ID = TextFormat(
    "commit id",
    _written(r"[0-9a-f]{40}(?:[0-9a-f]{24})?"),
    "It has 40 or 64 lower-case hexadecimal digits.",
)
NO_COMMIT = "found"
"""The source commit of a release that was found in AWS: it has none."""
ORIGIN = TextFormat(
    "commit id",
    lambda text: text == NO_COMMIT or COMMIT_ID.accepts(text),
    f"It has 40 or 64 lower-case hexadecimal digits, or is {NO_COMMIT!r}.",
)
TAG_NAME = TextFormat(
    "name of a Git tag",
    # git-check-ref-format(1), rules 1 to 10.
    _written(
        r"(?!-)(?!.*(?:\.\.|@\{|//|/\.|\.lock(?:/|$)))(?!\.)(?!/)[^\x00-\x20\x7f~^:?*\[\\]{1,200}"
        r"(?<![./])"
    ),
    "Git takes no spaces, control characters, '..', nor any of ~ ^ : ? * [ \\ in it.",
)
SOURCE = TextFormat(
    "path of a workflow's module",
    _is_source,
    "It is relative to the project's folder and stays below it.",
)
ARN = TextFormat(
    "ARN",
    _written(r"arn:[a-z0-9-]+:[a-z0-9-]+:[a-z0-9-]*:[0-9]*:[^\x00-\x20\x7f-\x9f]{1,1000}"),
    "It is written like arn:aws:states:eu-west-1:111111111111:stateMachine:orders.",
)

ProjectName = Annotated[str, PROJECT_NAME]
WorkflowName = Annotated[str, WORKFLOW_NAME]
EnvironmentName = Annotated[str, ENVIRONMENT_NAME]
RecordId = Annotated[str, RECORD_ID]
CommitId = Annotated[str, COMMIT_ID]
Origin = Annotated[str, ORIGIN]
TagName = Annotated[str, TAG_NAME]
SourcePath = Annotated[str, SOURCE]
Arn = Annotated[str, ARN]
