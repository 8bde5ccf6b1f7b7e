"""releases.toml: the project that a repository releases, and the environments where it runs.

    project             reads the file into a frozen `Project`
    schema              the keys of the file: types, rules, examples
    toml_document       checks a TOML document against the schema; errors name the line
    toml_lines          finds the line of each key
    environment         an `Environment`; `environment_tables` reads its table
    strategy            canary, linear: how callers shift to a new version
    backends            AWS, or the local service
    parameters          fills ``${Name}``; `parameter_values` are JSON values, or looked up
    checks_table        silenced findings
    value_rules         rules for single values; also `aws_rules`, `git_rules`
    mock_files          mocked answers of tasks on `local`
    modules/            loads the workflow modules

Reading is pure: text in, frozen `Project` out. A value that can't be used is a ConfigError that
names file, line and key, says why, and shows how to write it.
"""

from sfn_release.project.environment import AssumedRole, Environment
from sfn_release.project.environment_tables import LOCAL
from sfn_release.project.parameter_sources import Source
from sfn_release.project.parameters import fill, parameters_in
from sfn_release.project.project import (
    FILE_NAME,
    Project,
    find_project,
    parse_project,
    read_project,
)
from sfn_release.project.strategy import STRATEGIES, Canary, Limits, Linear, Strategy

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
