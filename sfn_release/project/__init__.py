"""releases.toml: what a repository releases, and where it runs.

Reading is pure: text in, frozen `Project` out. Everything that cannot be used is a ConfigError
that names file, line and key, says why, and shows how to write it.

What is required when: ``[project] name`` always; ``region`` for every environment on AWS, so
that where a release runs is written down and never taken from somebody's shell. ``role_arn``
is optional, since a workflow can name its role itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from sfn_release.errors import ConfigError, NotFoundError
from sfn_release.project import rules
from sfn_release.project.document import MINIMUM, Document, Expected
from sfn_release.project.lines import Key
from sfn_release.project.parameters import fill, parameters_in

__all__ = [
    "FILE_NAME",
    "Environment",
    "Project",
    "fill",
    "find_project",
    "parameters_in",
    "parse_project",
    "read_project",
]

FILE_NAME = "releases.toml"
LOCAL = "local"

# --- what may stand in the file ---

_TAGS = Expected(
    dict,
    example='tags = { team = "checkout" }',
    others=Expected(str, rules.tag_value, 'team = "checkout"'),
    key_rule=rules.tag_key,
)
_LOGGING = Expected(
    dict,
    example='logging = { level = "ERROR", includeExecutionData = false }',
    keys={
        "level": Expected(str, rules.one_of("ALL", "ERROR", "FATAL", "OFF"), 'level = "ERROR"'),
        "includeExecutionData": Expected(bool, example="includeExecutionData = false"),
        "destinations": Expected(
            list,
            example='destinations = [{ cloudWatchLogsLogGroup = { logGroupArn = "${LogGroup}" } }]',
            items=Expected(
                dict,
                keys={
                    "cloudWatchLogsLogGroup": Expected(
                        dict, keys={"logGroupArn": Expected(str, rules.text)}
                    )
                },
            ),
        ),
    },
)
_TRACING = Expected(dict, example="tracing = { enabled = true }", keys={"enabled": Expected(bool)})
_ENCRYPTION = Expected(
    dict,
    example='encryption = { type = "CUSTOMER_MANAGED_KMS_KEY", kmsKeyId = "alias/shop" }',
    keys={
        "type": Expected(str, rules.one_of("AWS_OWNED_KEY", "CUSTOMER_MANAGED_KMS_KEY")),
        "kmsKeyId": Expected(str, rules.text, 'kmsKeyId = "alias/shop"'),
        "kmsDataKeyReusePeriodSeconds": Expected(
            int, rules.between(60, 900), "kmsDataKeyReusePeriodSeconds = 300"
        ),
    },
)
_ENVIRONMENT: Mapping[str, Expected] = {
    "backend": Expected(str, rules.one_of("aws", "local"), 'backend = "aws"'),
    "region": Expected(str, rules.region, 'region = "eu-west-1"'),
    "profile": Expected(str, rules.text, 'profile = "staging"'),
    "endpoint_url": Expected(str, rules.endpoint_url, 'endpoint_url = "http://127.0.0.1:8083"'),
    "role_arn": Expected(
        str, rules.text, 'role_arn = "arn:aws:iam::111111111111:role/shop-workflows"'
    ),
    "alias": Expected(str, rules.alias, 'alias = "live"'),
    "name": Expected(str, rules.name_template, 'name = "{workflow}-staging"'),
    "parameters": Expected(
        dict,
        example='parameters = { OrdersTable = "orders" }',
        others=Expected(str, example='OrdersTable = "orders"'),
        key_rule=rules.parameter_name,
    ),
    "logging": _LOGGING,
    "tracing": _TRACING,
    "encryption": _ENCRYPTION,
    "tags": _TAGS,
    "confirm": Expected(bool, example="confirm = true"),
}
_PROJECT: Mapping[str, Expected] = {
    "name": Expected(str, rules.project_name, 'name = "shop"'),
    "workflows": Expected(str, rules.workflows, 'workflows = "workflows"'),
    "default_environment": Expected(str, example='default_environment = "local"'),
    "tag": Expected(str, rules.tag_template, 'tag = "v{version}"'),
    "remote": Expected(str, rules.remote, 'remote = "origin"'),
    "ledger": Expected(str, rules.ledger, 'ledger = "refs/heads/sfn-release"'),
}
_DOCUMENT = Expected(
    dict,
    keys={
        "project": Expected(dict, keys=_PROJECT, example="[project]"),
        "environments": Expected(
            dict,
            others=Expected(dict, keys=_ENVIRONMENT, example="[environments.staging]"),
            key_rule=rules.environment_name,
            example="[environments.staging]",
        ),
    },
)


@dataclass(frozen=True)
class Environment:
    """Where releases run.

    *backend* ``local`` is the embedded Step Functions service. *alias* "" means: no alias.
    *logging*, *tracing* and *encryption* have the shapes of the API members
    ``loggingConfiguration``, ``tracingConfiguration`` and ``encryptionConfiguration``, with their
    parameters unfilled, as *role_arn*.
    """

    name: str
    backend: Literal["local", "aws"]
    region: str | None = None
    profile: str | None = None
    endpoint_url: str | None = None
    role_arn: str | None = None
    alias: str = "live"
    name_template: str = "{workflow}"
    parameters: Mapping[str, str] = field(default_factory=dict)
    logging: Mapping[str, Any] | None = None
    tracing: Mapping[str, Any] | None = None
    encryption: Mapping[str, Any] | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    confirm: bool = False

    def state_machine_name(self, workflow: str) -> str:
        """Return the name of *workflow*'s state machine here.

        Raises ConfigError when AWS does not take that name.
        """
        name = self.name_template.replace("{workflow}", workflow)
        problem = rules.state_machine_name(name)
        if problem:
            raise ConfigError(
                f"{name!r} cannot be the name of a state machine in {self.name}.",
                why=problem,
                fix=f"Rename the workflow {workflow!r}, or change `name` in"
                f" [environments.{self.name}].",
            )
        return name

    def fill(self, value: Any, *, where: str) -> Any:
        """Return the JSON *value* with this environment's parameters filled; see `fill`."""
        return fill(value, self.parameters, where=where, environment=self.name)


def _only_local() -> Mapping[str, Environment]:
    return {LOCAL: Environment(LOCAL, backend="local")}


@dataclass(frozen=True)
class Project:
    """One releases.toml.

    *root* is its folder, *workflows* the folder of the modules below it, with "/". *tag* holds
    ``{version}``. *remote* None means: origin if there is one; "" keeps the ledger in this clone.
    *ledger* is the prefix of the ledger's refs. *environments* always has ``local``.
    """

    name: str
    root: Path
    workflows: str = "workflows"
    default_environment: str = LOCAL
    tag: str = "v{version}"
    remote: str | None = None
    ledger: str = "refs/heads/sfn-release"
    environments: Mapping[str, Environment] = field(default_factory=_only_local)

    def environment(self, name: str) -> Environment:
        """Return the environment *name*; raises NotFoundError that names the nearest."""
        if name not in self.environments:
            near = rules.nearest(name, self.environments)
            raise NotFoundError(
                f"There is no environment {name!r} in {FILE_NAME}.",
                why=f"It has: {', '.join(sorted(self.environments))}.",
                fix=f"Did you mean {near}?" if near else f"Add [environments.{name}].",
            )
        return self.environments[name]


def find_project(directory: Path) -> Path:
    """Return the releases.toml of *directory* or of the nearest folder above it.

    The search ends at the root of the Git repository: what lies above is not released by it.
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
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{path.name} is not UTF-8: {error.reason} at byte {error.start}.",
            fix="Save it as UTF-8.",
        ) from error


def parse_project(text: str, *, path: Path | str) -> Project:
    """Return the project that the TOML document *text* describes.

    *path* is where it stands, for errors and as the project's root. Raises ConfigError.
    """
    path = Path(path)
    document = Document(path.name, text.removeprefix("\ufeff"))
    data = document.load()
    document.check(data, (), _DOCUMENT)
    if "project" not in data:
        document.fail((), "the table [project] is missing", fix=MINIMUM)
    settings = dict(data["project"])
    if "name" not in settings:
        document.fail(("project",), "`name` is missing in [project]", fix=MINIMUM)

    environments = dict(_only_local())
    for name, table in data.get("environments", {}).items():
        environments[name] = _environment(document, name, table)
    default = settings.get("default_environment", LOCAL)
    if default not in environments:
        near = rules.nearest(default, environments)
        document.fail(
            ("project", "default_environment"),
            f"default_environment {default!r} is not one of the environments",
            why=f"They are: {', '.join(sorted(environments))}.",
            fix=f"Did you mean {near}?" if near else f"Add [environments.{default}].",
        )
    if "workflows" in settings:
        settings["workflows"] = str(PurePosixPath(settings["workflows"]))
    return Project(**settings, root=path.parent, environments=environments)


def _environment(document: Document, name: str, table: dict[str, Any]) -> Environment:
    at: Key = ("environments", name)
    values = dict(table)
    values.setdefault("backend", "local" if name == LOCAL else "aws")
    values["name_template"] = values.pop("name", "{workflow}")
    if name == LOCAL and values["backend"] != "local":
        document.fail(
            (*at, "backend"),
            "the environment local is always the embedded service",
            fix="Give an environment on AWS another name.",
        )
    if values["backend"] == "local":
        for key in ("profile", "endpoint_url"):
            if key in values:
                document.fail(
                    (*at, key),
                    f"`{key}` means nothing in [{'.'.join(at)}]: its backend is local",
                    fix="Remove it: it belongs to environments on AWS.",
                )
    elif "region" not in values:
        document.fail(
            at,
            f"`region` is missing in [{'.'.join(at)}]",
            why="An environment on AWS is an account and a region.",
            fix='For example:  region = "eu-west-1"',
        )
    environment = Environment(name=name, **values)
    if environment.role_arn is not None:
        try:
            role = environment.fill(environment.role_arn, where=f"role_arn of {name}")
        except ConfigError as error:
            document.fail((*at, "role_arn"), error.message, why=error.why, fix=error.fix)
        document.require((*at, "role_arn"), role, rules.role_arn, _ENVIRONMENT["role_arn"].example)
    return environment
