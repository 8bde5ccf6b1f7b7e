"""error-codes.md: every code of the tree of errors, with its causes and the way out."""

from __future__ import annotations

from collections.abc import Iterator

from docs_reference.markdown import page, table
from sfn_release import errors

_TEXTS = {
    # class → meaning, usual causes, what to do
    errors.UsageError: (
        "invalid command line",
        "A misspelt option, a missing argument, or two options that exclude each other.",
        "`sfn-release COMMAND --help` shows the options and examples.",
    ),
    errors.ConfigError: (
        "invalid releases.toml",
        "A key that doesn't exist, a value of the wrong type, or an undeclared `${Parameter}`.",
        "Correct the line that the message names. See [releases.toml](releases-toml.md).",
    ),
    errors.VersionError: (
        "not a valid release version",
        "The text isn't a semantic version such as `1.2.0` or `2.0.0-rc.1`.",
        "`sfn-release next` proposes a version.",
    ),
    errors.NotFoundError: (
        "the workflow, version, environment or repository doesn't exist",
        "A typo, another folder, or a release that only another clone knows.",
        "`sfn-release list` and `sfn-release releases` show what exists.",
    ),
    errors.DirtyError: (
        "there are uncommitted changes",
        "A release is built from the commit, and a deployment reads releases.toml as committed.",
        "Commit or stash the changes.",
    ),
    errors.BuildError: (
        "a workflow module does not load",
        "An exception in the module, a package that isn't installed, a link or a submodule under"
        " `workflows/`.",
        "Correct the module. The error shows its traceback.",
    ),
    errors.NonDeterministicError: (
        "two builds of one commit differ",
        "A module reads the clock, randomness, an environment variable or the order of a set.",
        "Make the value at the JSON path that the error names constant.",
    ),
    errors.DefinitionError: (
        "Step Functions would refuse the definition",
        "An error of `check`, or a number or text that JSON can't carry exactly.",
        "`sfn-release check` shows every finding with a fix. See [Rules](rules.md).",
    ),
    errors.ImmutableError: (
        "the version is already released with different content",
        "The workflows have changed since the release.",
        "Publish the new content under a higher version.",
    ),
    errors.LockedError: (
        "another deployment is running",
        "A colleague or a CI job deploys to the environment, or a deployment was killed.",
        "Wait until it ends. If it's shifting a bad release, press Ctrl-C there: it sends all"
        " callers back. If it was killed, run its command again, or remove the lock with"
        " `sfn-release unlock --env ENVIRONMENT`. Unlocking changes nothing in AWS: callers may"
        " still be split between two versions. `sfn-release status` shows it, and one `rollback` or"
        " `deploy` repairs it. See [Roll back](../how-to/roll-back.md#when-it-doesnt-work).",
    ),
    errors.ConflictError: (
        "something else changed at the same time",
        "Another process changed the ledger, the state machine, or a tag first; or another project"
        " deploys to the same state machine.",
        "Run the command again. It plans from what is there now.",
    ),
    errors.NotOursError: (
        "the state machine doesn't belong to this project (`--adopt` takes it over)",
        "SAM, CDK, Terraform, the console or another project made it.",
        "Choose another `name`, or take it over with `--adopt`: see"
        " [Take over a state machine](../how-to/take-over.md).",
    ),
    errors.PolicyError: (
        "a policy of the environment blocks the release (`--override` lets it pass)",
        "`requires`, `soak`, `branches`, `replay`, `signed`, `permissions`, `tests` or"
        " `protect_drift`.",
        "Meet the policy. `--override REASON` passes most of them, and the record keeps the"
        " reason.",
    ),
    errors.YankedError: (
        "the release is yanked and can't be deployed (`unyank` allows it again)",
        "Someone ran `yank`; the error shows who, when and why.",
        "Deploy another release.",
    ),
    errors.TamperedError: (
        "someone changed the ledger without sfn-release",
        "A tag was moved, or a branch of the ledger was edited, shortened or forced.",
        "`sfn-release verify` shows the place. See"
        " [Clean up after an attack](../how-to/after-an-attack.md).",
    ),
    errors.GitError: (
        "git failed",
        "No permission to push, an unreachable remote, a hook or a lock file.",
        "The error has git's own words. `sfn-release doctor` checks the usual causes.",
    ),
    errors.AwsError: (
        "AWS refused a call",
        "A quota, a throttled call, or a definition or role that AWS doesn't accept.",
        "The error has AWS's code and message.",
    ),
    errors.AccessError: (
        "a permission or credentials are missing",
        "Expired credentials, another account than `account`, or a role without the action.",
        "`sfn-release doctor --iam` prints the policies that you need.",
    ),
    errors.NetworkError: (
        "AWS can't be reached",
        "No network, a proxy, or a wrong `endpoint_url` or `region`.",
        "Run the command again: it continues where it stopped.",
    ),
    errors.DeploymentError: (
        "a deployment failed; the error lists the changes that were made",
        "A call to AWS failed after the first change. The changes were undone where possible.",
        "Remove the cause and run the command again, or `sfn-release rollback`.",
    ),
    errors.RevertedError: (
        "a traffic shift failed, and callers are back on the old version",
        "An alarm fired, or the new version failed more often than the strategy allows.",
        "`sfn-release explain` shows why an execution failed. Publish a corrected version.",
    ),
    errors.RefusedError: (
        "you answered no",
        "A command asked before a change. Nothing was changed.",
        "Without a terminal, `--yes` answers.",
    ),
    errors.InterruptedCommandError: (
        "with `--json`: Ctrl-C or a signal stopped the command",
        "Ctrl-C, a cancelled job (exit code 143), or a closed terminal (129).",
        "Run the command again: it continues where it stopped.",
    ),
    errors.SeveralError: (
        "some of several environments failed",
        "With several `--env`, one of them is refused or failed.",
        "The error lists each environment with its own error.",
    ),
    errors.FileError: (
        "a file or folder can't be read or written",
        "A file that doesn't exist, a missing permission, a full disk, or a read-only folder.",
        "Correct the path that the error names, or its permission.",
    ),
    errors.LocalServiceError: (
        "can't use the local service's file or port",
        "Another process uses the port, or the database is newer or damaged.",
        "Choose another `--port`, or `sfn-release local reset`.",
    ),
}
_EXAMPLE = """\
error: 1.2.0 is already released with different content.  E_IMMUTABLE
  orders: state "Charge": TimeoutSeconds 30 → 60
  The released digest is ca3239ff7583; yours is a9501570c380.
  Released by Dana <dana@example.com> on 2026-11-22T22:02:11Z from a9cc415075cd.
  A release never changes. Publish the new content under a higher version:  sfn-release publish \
1.2.1
"""


def error_codes_page() -> str:
    """Return the page. Raises KeyError for an error of the tree without a text."""
    codes = [error for error in _tree(errors.SfnReleaseError) if error.code != "E_ERROR"]
    rows = [(f"[`{error.code}`](#{error.code.lower()})", _TEXTS[error][0]) for error in codes]
    return page(
        "Error codes",
        "Each error says what happened, why, and how to fix it. Its code never changes:",
        f"```text\n{_EXAMPLE}```",
        table(("code", "means"), rows),
        "`-v` shows the cause too. `-vv` also logs each call to AWS and Git to stderr, with its"
        " time"
        " and without passwords. With `--json`, an error is one object on stdout:"
        ' `{"schema": "sfn-release/error/1", "error": {"code", "message", "why", "fix"}}`. A bug'
        " prints its traceback: please report it.",
        "In Python, each code is a class of `sfn_release.errors` below `SfnReleaseError`, with"
        " `message`, `why`, `fix` and `code`.",
        *(_section(error) for error in codes),
    )


def _section(error: type[errors.SfnReleaseError]) -> str:
    meaning, causes, remedy = _TEXTS[error]
    parent = error.__mro__[1]
    below = "" if parent is errors.SfnReleaseError else f", a kind of `{parent.__name__}`"
    return "\n\n".join(
        (
            f"## {error.code}",
            f"`{error.__name__}`{below}, exit code {error.exit_code}: {meaning}.",
            f"- **Usual causes.** {causes}\n- **What to do.** {remedy}",
        )
    )


def _tree(error: type[errors.SfnReleaseError]) -> Iterator[type[errors.SfnReleaseError]]:
    """Yield an error and the errors below it, as the tree at the top of `errors` has them."""
    yield error
    for child in error.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from _tree(child)
