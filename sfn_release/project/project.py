"""Reads releases.toml into a frozen `Project`.

``name`` in ``[project]`` is required. So is the ``region`` of every environment on AWS: it is in
the file, never in the settings of someone's shell. ``role_arn`` is optional, because a workflow can
name its role itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from sfn_release.errors import ConfigError, NotFoundError
from sfn_release.project.backends import BUILT_IN
from sfn_release.project.checks_table import silences_of
from sfn_release.project.environment import AssumedRole, Environment
from sfn_release.project.environment_tables import (
    LOCAL,
    check_replays,
    check_requires,
    read_environment,
)
from sfn_release.project.input_schemas import InputSchema, input_schemas_of
from sfn_release.project.parameter_sources import Source
from sfn_release.project.parameters import fill, parameters_in
from sfn_release.project.renamed_workflows import first_names_of
from sfn_release.project.schema import DOCUMENT
from sfn_release.project.strategy import STRATEGIES, Canary, Limits, Linear, Strategy
from sfn_release.project.toml_document import MINIMUM, TomlDocument
from sfn_release.text import did_you_mean, parse_duration

if TYPE_CHECKING:  # the checks take long to import, and most commands don't need them
    from sfn_release.checks.silence import Silence

__all__ = [
    "FILE_NAME",
    "LOCAL",
    "STRATEGIES",
    "AssumedRole",
    "Canary",
    "Environment",
    "Limits",
    "Linear",
    "Project",
    "Source",
    "Strategy",
    "fill",
    "find_project",
    "parameters_in",
    "parse_project",
    "read_project",
]

FILE_NAME = "releases.toml"


def _built_in() -> Mapping[str, Environment]:
    return {name: Environment(name, backend) for name, backend in BUILT_IN.items()}


@dataclass(frozen=True)
class Project:
    """One releases.toml.

    *root* is its folder, *workflows* the folder of the modules below it, with "/". *tag* holds
    ``{version}``. *remote* None means: origin if there is one; "" keeps the ledger in this clone.
    *remote_timeout* is how long one git command may wait for it, in seconds.
    *tests* is ``required`` if a release needs passing tests of every workflow, else ``optional``.
    With *signing*, tags and commits of the ledger are signed. *allowed_signers* is the path of the
    file with the keys that may sign, below *root*; *unsigned_history* are commits of the ledger up
    to which no signature is needed. *ledger* is the prefix of the ledger's refs. *environments*
    always has ``local``. *silences* are findings that checks leave out. *input_schemas* are the
    schemas of workflows' inputs, by workflow. *local_is_implied*: releases.toml has no table for
    ``local``.
    """

    name: str
    root: Path
    workflows: str = "workflows"
    default_environment: str = LOCAL
    tag: str = "v{version}"
    remote: str | None = None
    remote_timeout: float = 30.0
    tests: str = "optional"
    signing: bool = False
    allowed_signers: str | None = None
    unsigned_history: tuple[str, ...] = ()
    ledger: str = "refs/heads/sfn-release"
    environments: Mapping[str, Environment] = field(default_factory=_built_in)
    silences: tuple[Silence, ...] = ()
    input_schemas: Mapping[str, InputSchema] = field(default_factory=dict)
    local_is_implied: bool = True

    @property
    def declared(self) -> frozenset[str]:
        """The environments that releases.toml mentions: without an implied `local`."""
        unmentioned = self.local_is_implied and self.default_environment != LOCAL
        return frozenset(self.environments) - ({LOCAL} if unmentioned else set())

    @property
    def first_names(self) -> Mapping[str, str]:
        """The first name of each renamed workflow, the same in every environment."""
        return self.environments[LOCAL].first_names

    def environment(self, name: str) -> Environment:
        """Return the environment *name*; raises NotFoundError that names the nearest."""
        if name not in self.environments:
            raise NotFoundError(
                f"There is no environment {name!r} in {FILE_NAME}.",
                why=f"It has: {', '.join(sorted(self.environments))}.",
                fix=did_you_mean(name, self.environments) or f"Add [environments.{name}].",
            )
        return self.environments[name]


def find_project(directory: Path) -> Path:
    """Return the releases.toml of *directory* or of the nearest folder above it.

    The search ends at the root of the Git repository, which can't release files above it.
    Raises NotFoundError.
    """
    start = directory.absolute()
    for folder in (start, *start.parents):
        if (folder / FILE_NAME).is_file():
            return folder / FILE_NAME
        if (folder / ".git").exists():
            break
    raise NotFoundError(
        f"There is no {FILE_NAME} in {start} or above it.",
        fix="Run `sfn-release init` to make one, or name the project's folder with -C.",
    )


def read_project(path: Path) -> Project:
    """Read and parse the file *path*; raises ConfigError."""
    try:
        return parse_project(path.read_text(encoding="utf-8"), path=path)
    except OSError as error:
        raise ConfigError(f"{path} can't be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{path.name} is not UTF-8: {error.reason} at byte {error.start}.",
            fix="Save it as UTF-8.",
        ) from error


def parse_project(text: str, *, path: Path | str) -> Project:
    """Return the project that the TOML document *text* describes.

    *path* is the file, for errors; its folder is the project's root. Raises ConfigError.
    """
    path = Path(path)
    document = TomlDocument(path.name, text.removeprefix("\ufeff"))
    data = document.load()
    document.check(data, (), DOCUMENT)
    for table in (table for table in DOCUMENT.needs if table not in data):
        document.fail((), f"the table [{table}] is missing", fix=MINIMUM)
    settings = dict(data["project"])
    for key in (key for key in DOCUMENT.keys["project"].needs if key not in settings):
        document.fail(("project",), f"`{key}` is missing in [project]", fix=MINIMUM)

    environments = dict(_built_in())
    for name, table in data.get("environments", {}).items():
        environments[name] = read_environment(document, name, table)
    first_names = first_names_of(document, data.get("workflows", {}))
    environments = {
        name: replace(environment, first_names=first_names)
        for name, environment in environments.items()
    }
    check_requires(document, environments)
    check_replays(document, environments)
    default = settings.get("default_environment", LOCAL)
    if default not in environments:
        document.fail(
            ("project", "default_environment"),
            f"default_environment {default!r} is not one of the environments",
            why=f"They are: {', '.join(sorted(environments))}.",
            fix=did_you_mean(default, environments) or f"Add [environments.{default}].",
        )
    if "workflows" in settings:
        settings["workflows"] = str(PurePosixPath(settings["workflows"]))
    folder = settings.get("workflows", Project.workflows)
    if "unsigned_history" in settings:
        settings["unsigned_history"] = tuple(settings["unsigned_history"])
    timeout = settings.get("remote_timeout")
    if isinstance(timeout, str):
        settings["remote_timeout"] = parse_duration(timeout).total_seconds()
    return Project(
        **settings,
        root=path.parent,
        environments=environments,
        silences=silences_of(document, data.get("checks", {})),
        input_schemas=input_schemas_of(document, data.get("workflows", {}), folder),
        local_is_implied=LOCAL not in data.get("environments", {}),
    )
