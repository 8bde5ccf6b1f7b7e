"""The error tree.

Every error says what happened (*message*), why (*why*) and what to do next (*fix*), and carries a
stable code. A bug is none of these: it keeps its traceback. If you add a class, add it here.

    SfnReleaseError
    ├── UsageError              E_USAGE             an invalid command line                (exit 2)
    ├── ConfigError             E_CONFIG            an invalid releases.toml
    ├── VersionError            E_VERSION           not a valid release version
    ├── NotFoundError           E_NOT_FOUND         no such workflow, version, environment, ...
    ├── DirtyError              E_DIRTY             the work tree has uncommitted changes
    ├── BuildError              E_BUILD             a workflow module does not load
    │   └── NonDeterministicError  E_NONDETERMINISTIC  ... or two builds of one commit differ
    ├── DefinitionError         E_DEFINITION        an invalid definition
    ├── ImmutableError          E_IMMUTABLE         a released version has other content
    ├── LockedError             E_LOCKED            another deployment is in progress
    ├── ConflictError           E_CONFLICT          the same thing was changed elsewhere
    ├── NotOursError            E_NOT_OURS          a state machine that this project does not own
    ├── PolicyError             E_POLICY            a policy of the environment refuses a release
    ├── YankedError             E_YANKED            a release that must not be deployed
    ├── TamperedError           E_TAMPERED          someone changed the ledger without sfn-release
    ├── GitError                E_GIT               git failed
    ├── AwsError                E_AWS               AWS refused a call
    │   ├── AccessError         E_ACCESS            ... because of permissions or credentials
    │   └── NetworkError        E_NETWORK           ... or was not reached
    ├── DeploymentError         E_DEPLOYMENT        a deployment failed
    │   └── RevertedError       E_REVERTED          ... while callers were shifted
    ├── RefusedError            E_REFUSED           the user answered no
    ├── SeveralError            E_SEVERAL           of several environments, some failed
    ├── FileError               E_FILE              can't read or write a file
    └── LocalServiceError       E_LOCAL             can't use the local service's file or port
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self


class SfnReleaseError(Exception):
    """Anything that sfn-release refuses, or that the outside world refused.

    *message* says in one sentence that something failed, *why* gives the details (possibly in
    several lines), and *fix* is the next thing to do.
    """

    code: ClassVar[str] = "E_ERROR"
    exit_code: ClassVar[int] = 1
    message: str
    why: str
    fix: str

    def __init__(self, message: str, *, why: str = "", fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.why = why
        self.fix = fix

    def __str__(self) -> str:
        return "\n  ".join(part for part in (self.message, self.why, self.fix) if part)

    def explained(self, *lines: str, fix: str | None = None) -> Self:
        """Return a copy of this error with *lines* added to *why*, or with another *fix*."""
        error = type(self).__new__(type(self), *self.args)
        vars(error).update(vars(self))  # `copy` would need the arguments of a subclass
        error.why = "\n  ".join(line for line in (self.why, *lines) if line)
        error.fix = self.fix if fix is None else fix
        return error


class UsageError(SfnReleaseError):
    """The command or an argument is invalid."""

    code = "E_USAGE"
    exit_code = 2


class ConfigError(SfnReleaseError):
    """releases.toml can't be used; the message names file, line and key."""

    code = "E_CONFIG"


class VersionError(SfnReleaseError):
    """Not a version that can be released."""

    code = "E_VERSION"


class NotFoundError(SfnReleaseError):
    """A named thing does not exist."""

    code = "E_NOT_FOUND"


class DirtyError(SfnReleaseError):
    """The work tree differs from the commit that would be released."""

    code = "E_DIRTY"


class BuildError(SfnReleaseError):
    """A workflow module could not be turned into definitions."""

    code = "E_BUILD"


class NonDeterministicError(BuildError):
    """A module has two different definitions for one commit."""

    code = "E_NONDETERMINISTIC"


class DefinitionError(SfnReleaseError):
    """A definition that Step Functions would refuse, or that JSON can't represent exactly."""

    code = "E_DEFINITION"


class ImmutableError(SfnReleaseError):
    """A version is released already, with other content."""

    code = "E_IMMUTABLE"


class LockedError(SfnReleaseError):
    """Another deployment to this environment is in progress."""

    code = "E_LOCKED"


class ConflictError(SfnReleaseError):
    """The same thing was changed elsewhere first."""

    code = "E_CONFLICT"


class NotOursError(SfnReleaseError):
    """A state machine exists that this project did not create."""

    code = "E_NOT_OURS"


class PolicyError(SfnReleaseError):
    """A release doesn't meet a condition that releases.toml sets for an environment."""

    code = "E_POLICY"


class YankedError(SfnReleaseError):
    """A release was yanked: it can't be deployed, promoted, published or rolled back to."""

    code = "E_YANKED"


class TamperedError(SfnReleaseError):
    """The ledger was edited or damaged."""

    code = "E_TAMPERED"

    def __init__(
        self,
        message: str,
        *,
        why: str = "",
        fix: str = "Only sfn-release may write there. `git log` of that branch shows who did. Force"
        " the branch back to the commit before (git push --force), and then run `sfn-release verify"
        " --accept-rewrite` in each clone that has seen the commit.",
    ) -> None:
        super().__init__(message, why=why, fix=fix)


class GitError(SfnReleaseError):
    """A git command failed; git's own words are in *why*."""

    code = "E_GIT"


_MISSING = frozenset(
    # A state machine; its version or alias; a Lambda function; a role or a policy.
    {"StateMachineDoesNotExist", "ResourceNotFound", "ResourceNotFoundException", "NoSuchEntity"}
)


class AwsError(SfnReleaseError):
    """AWS refused a call; *aws_code* is its error code, *operation* the API operation."""

    code = "E_AWS"

    def __init__(
        self,
        message: str,
        *,
        why: str = "",
        fix: str = "",
        aws_code: str = "",
        operation: str = "",
    ) -> None:
        super().__init__(message, why=why, fix=fix)
        self.aws_code = aws_code
        self.operation = operation

    @property
    def missing(self) -> bool:
        """Whether AWS says that the named resource doesn't exist."""
        return self.aws_code in _MISSING


class AccessError(AwsError):
    """No credentials, expired ones, or a missing permission."""

    code = "E_ACCESS"


class NetworkError(AwsError):
    """The endpoint was not reached; the call may have had an effect."""

    code = "E_NETWORK"


class DeploymentError(SfnReleaseError):
    """A deployment failed; *why* lists the changes that were made and undone."""

    code = "E_DEPLOYMENT"


class RevertedError(DeploymentError):
    """A gradual shift of callers to a new version was stopped, and callers were moved back."""

    code = "E_REVERTED"


class RefusedError(SfnReleaseError):
    """The user answered no: nothing was changed."""

    code = "E_REFUSED"


class InterruptedCommandError(SfnReleaseError):
    """Ctrl-C or a signal stopped the command; --json reports it with this error."""

    code = "E_INTERRUPTED"
    exit_code = 130  # for Ctrl-C; a signal has its own


class SeveralError(SfnReleaseError):
    """A command for several environments was refused by some of them, so nothing was started.

    *errors* maps the environments to their errors: you see all of them at once.
    """

    code = "E_SEVERAL"

    def __init__(self, message: str, *, errors: Mapping[str, SfnReleaseError]) -> None:
        texts = [f"{name}: {error}" for name, error in errors.items()]
        super().__init__(message, why="\n".join(texts).replace("\n", "\n  "))
        self.errors = dict(errors)


class FileError(SfnReleaseError):
    """A file or folder can't be written, or read."""

    code = "E_FILE"


class LocalServiceError(SfnReleaseError):
    """The local service's database or port can't be used."""

    code = "E_LOCAL"
