"""Texts that link to their pages: commits and tags on the Git host, machines in AWS's console."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sfn_release.cli.output.links import shows_links
from sfn_release.cli.output.terminal import Styled

if TYPE_CHECKING:
    from sfn_release.operations.workspace import Workspace
    from sfn_release.project import Environment
    from sfn_release.project.git_host import GitHost

_COMMIT = {40, 64}  # the length of a commit's id, in SHA-1 and SHA-256


@dataclass(frozen=True)
class WebPages:
    """The pages that a command's result can link to. *host* is None without links."""

    host: GitHost | None = None

    def commit(self, commit: str, text: str, style: str = "") -> Styled:
        """Return *text* as a link to a commit; a found release has none."""
        known = self.host is not None and len(commit) in _COMMIT
        return Styled(text, style, self.host.commit(commit) if self.host and known else "")

    def tag(self, tag: str | None, text: str, style: str = "") -> Styled:
        """Return *text* as a link to a tag; None for a release that has no tag yet."""
        return Styled(text, style, self.host.tag(tag) if self.host and tag else "")

    def compare(self, old: str, new: str, text: str, style: str = "") -> Styled:
        """Return *text* as a link to the changes from one commit or tag to another."""
        return Styled(text, style, self.host.compare(old, new) if self.host else "")


def web_pages(workspace: Workspace) -> WebPages:
    """Return the pages of a project. Where links aren't shown, Git isn't asked for its remote."""
    if not shows_links(sys.stdout):
        return WebPages()
    from sfn_release.operations.git_pages import git_host_of

    return WebPages(git_host_of(workspace))


def machine_link(environment: Environment, arn: str | None, text: str) -> Styled:
    """Return *text* as a link to a state machine in the console; an emulator has none."""
    from sfn_release.aws.console_links import state_machine_url

    return Styled(text, "", state_machine_url(arn) if arn and _on_aws(environment) else "")


def execution_link(environment: Environment | None, arn: str, text: str) -> Styled:
    """Return *text* as a link to an execution in the console."""
    from sfn_release.aws.console_links import execution_page

    known = environment is None or _on_aws(environment)
    return Styled(text, "", (execution_page(arn) if known else None) or "")


def _on_aws(environment: Environment) -> bool:
    return not environment.on_this_machine and not environment.endpoints
