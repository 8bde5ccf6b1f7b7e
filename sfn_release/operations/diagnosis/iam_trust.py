"""Trust policies: which jobs of a Git host's CI may assume a role, without stored keys.

GitHub: https://docs.github.com/actions/reference/security/oidc
GitLab: https://docs.gitlab.com/ci/secrets/id_token_authentication/
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from sfn_release.errors import UsageError
from sfn_release.project import Environment
from sfn_release.project.git_host import git_host_links

CiKind = Literal["github", "gitlab"]
AUDIENCE: Final = "sts.amazonaws.com"
"""The audience that the jobs of `init --ci` ask for."""
_NAMED: Final = re.compile(r"(?:^|[.-])(?P<kind>github|gitlab)(?:[.-]|$)")
_DEFAULT_BRANCH: Final = "main"


@dataclass(frozen=True)
class TrustedCi:
    """The CI of one repository. *issuer* is the URL of its OIDC provider without the scheme.

    *repository* is its path on the host. *tag* is the template of release tags.
    """

    kind: CiKind
    issuer: str
    repository: str
    tag: str

    def trust(
        self, environment: Environment, provider_arn: str, *, deploys: bool
    ) -> dict[str, Any]:
        """Return the trust policy of the role that deploys, or else of the role that plans.

        *provider_arn* begins the ARN of an OIDC provider, up to its issuer.
        """
        exact, subjects = self._subjects(environment, deploys=deploys)
        audience = {f"{self.issuer}:aud": AUDIENCE}
        subject = {f"{self.issuer}:sub": subjects[0] if len(subjects) == 1 else [*subjects]}
        condition: Mapping[str, Any] = (
            {"StringEquals": audience | subject}
            if exact
            else {"StringEquals": audience, "StringLike": subject}
        )
        allowed = {
            "Effect": "Allow",
            "Principal": {"Federated": provider_arn + self.issuer},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": condition,
        }
        return {"Version": "2012-10-17", "Statement": [allowed]}

    def notes(self, environment: Environment) -> tuple[str, ...]:
        """Return what the trust policies rely on."""
        if self.kind == "github":
            return ()
        protect = (
            "GitLab's tokens name no environment, so the deploying role trusts the release tags"
            " and a branch. Protect both on GitLab."
        )
        branch = (
            f"If schedules, or pipelines that you start, run on another branch than"
            f" {_DEFAULT_BRANCH}, change it in the trust policy."
        )
        return (protect,) if environment.branches else (protect, branch)

    def _subjects(self, environment: Environment, *, deploys: bool) -> tuple[bool, Sequence[str]]:
        """Return the subjects of the tokens, and whether they are exact."""
        match self.kind:
            case "github":
                name = environment.name if deploys else f"{environment.name}-plan"
                return True, [f"repo:{self.repository}:environment:{name}"]
            case "gitlab":
                project = f"project_path:{self.repository}:ref_type"
                if not deploys:
                    return False, [f"{project}:branch:ref:*"]
                branches = environment.branches or (_DEFAULT_BRANCH,)
                tag = self.tag.replace("{version}", "*")
                refs = [f"tag:ref:{tag}", *(f"branch:ref:{branch}" for branch in branches)]
                return False, [f"{project}:{ref}".replace("$", "${$}") for ref in refs]


def trusted_ci(remote_url: str | None, tag: str, kind: CiKind | None = None) -> TrustedCi | None:
    """Return the CI of the host of a remote; None for a host that isn't known by its name.

    With a *kind*, any host is taken for one of that kind. Raises UsageError if the URL names no
    repository on a host.
    """
    found = git_host_links(remote_url or "", kind)
    if found is None:
        if kind is None:
            return None
        raise UsageError(
            "The ledger's remote isn't a repository on a Git host, so no trust policy can name it.",
            fix="Set `remote` in releases.toml, or leave out --ci.",
        )
    address = urlsplit(found.home)
    host, repository = address.hostname or "", address.path.strip("/")
    named = _NAMED.search(host)
    if kind is None and (found.kind not in {"github", "gitlab"} or not (_on_ghe(host) or named)):
        return None
    known: CiKind = "gitlab" if found.kind == "gitlab" else "github"
    return TrustedCi(known, _issuer(known, host), repository, tag)


def _issuer(kind: CiKind, host: str) -> str:
    if kind == "gitlab":
        return host
    if host == "github.com":
        return "token.actions.githubusercontent.com"
    return f"token.actions.{host}" if _on_ghe(host) else f"{host}/_services/token"


def _on_ghe(host: str) -> bool:
    """Return whether a host is GitHub Enterprise Cloud with data residency."""
    return host.endswith(".ghe.com")
