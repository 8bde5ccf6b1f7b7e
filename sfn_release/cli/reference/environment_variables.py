"""The environment variables that the program reads, by command."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sfn_release.cli.reference.command_page import EnvironmentVariable
from sfn_release.cli.session import PAGED

_EVERYWHERE: Final = {
    "NO_COLOR": "Any value turns colours off.",
    "TERM": "`dumb` turns colours and moving progress off.",
    "FORCE_HYPERLINK": "`1` writes links on every terminal, `0` on none. Default: on terminals that"
    " are known to show them.",
    "COLUMNS": "The width of tables and help texts. Default: the terminal's.",
}
_PAGED: Final = {
    "SFN_RELEASE_PAGER": "The pager for long results. Empty or `cat` means none. Default: PAGER.",
    "PAGER": "The pager, if SFN_RELEASE_PAGER isn't set. Default: `less`, with LESS=FRX.",
}
_ON_GITHUB: Final = {
    "GITHUB_ACTIONS": "In a job of GitHub Actions, results also become annotations.",
    "GITHUB_STEP_SUMMARY": "In a job of GitHub Actions, results also go to the job's summary.",
    "GITHUB_OUTPUT": "In a job of GitHub Actions, results also become outputs of the step.",
}
_AWS: Final = {
    "AWS_PROFILE": "The profile for environments without a profile in releases.toml.",
    "AWS_ACCESS_KEY_ID": "AWS credentials, with AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN. They"
    " and all other variables of the AWS SDK work as in the AWS CLI.",
}
_MOCKS: Final = {
    "SFN_MOCK_CONFIG": "The mock file of the service. --mock-config replaces it.",
}
_SERVICE: Final = {
    **_MOCKS,
    "LAMBDA_ENDPOINT": "The endpoint for Lambda tasks. Each other service has its own variable.",
    "WAIT_TIME_SCALE": "The same as --wait-time-scale.",
    "AWS_ACCOUNT_ID": "Outside a project, the account of every ARN.",
    "AWS_DEFAULT_REGION": "Outside a project, the region of every ARN.",
}
_TAG: Final = {
    "GITHUB_REF_NAME": "With --version-from-tag: the tag that GitHub Actions runs for.",
    "CI_COMMIT_TAG": "With --version-from-tag: the tag that GitLab CI runs for.",
}
_COMMENT: Final = {
    "GH_TOKEN": "On GitHub: a token that may write comments. Otherwise GITHUB_TOKEN.",
    "SFN_RELEASE_GITLAB_TOKEN": "On GitLab: a token that may write notes. Otherwise GITLAB_TOKEN.",
    "GITHUB_EVENT_PATH": "On GitHub: the event, with the number of the pull request.",
    "CI_MERGE_REQUEST_IID": "On GitLab: the number of the merge request.",
}
_OFFLINE: Final = frozenset(
    {"init", "demo", "list", "build", "graph", "next", "releases", "at", "show", "blame", "bisect"}
    | {"yank", "unyank", "acknowledge", "local serve", "local reset", "local", "schema"}
    | {"comment", "completion", "faults", "test", "history", "man"}
)
"""The commands that never call AWS."""
_OWN: Final[Mapping[str, Mapping[str, str]]] = {
    "comment": _COMMENT,
    "execute": _MOCKS,
    "local serve": _SERVICE,
    "publish": _TAG,
    "test": _MOCKS,
}


def variables_of(words: tuple[str, ...]) -> tuple[EnvironmentVariable, ...]:
    """Return the variables that a command reads; for (), the variables of the whole program."""
    name = " ".join(words)
    aws = {} if name in _OFFLINE else _AWS
    paged = _PAGED if not name or name in PAGED else {}
    found = {**_OWN.get(name, {}), **aws, **paged, **_EVERYWHERE, **_ON_GITHUB}
    return tuple(EnvironmentVariable(variable, text) for variable, text in found.items())
