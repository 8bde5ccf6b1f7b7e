"""Renders pages: Jinja2 templates in the frame of the site, with relative links only.

Everything that a template shows is escaped, unless it is `markupsafe.Markup`, such as a drawing of
ours. Never make Markup of a text from data.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from sfn_release.names import COMMIT_ID
from sfn_release.report import paths
from sfn_release.report.markup import aging, time_of, with_age
from sfn_release.report.page import Page
from sfn_release.report.pages.page_links import overview_links
from sfn_release.report.texts import actor_name, day, short_id, span
from sfn_release.report.views.comparisons import change_text
from sfn_release.report.views.deployment_entry import attempt_words
from sfn_release.text import count

if TYPE_CHECKING:
    from jinja2 import Environment as Templates

    from sfn_release.report.facts.report_facts import ReportFacts

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; base-uri 'none';"
    " form-action 'none'"
)
"""The Content-Security-Policy of every page: its own files, and nothing inline."""

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_DELETE = 0x7F


@dataclass(frozen=True, slots=True)
class Links:
    """The links of the page at *here*; templates know it as ``link``."""

    here: str
    facts: ReportFacts

    def to(self, path: str) -> str:
        """Return the link to a path of `paths`, which may have an anchor."""
        return paths.relative(path, start=self.here)

    def asset(self, name: str) -> str:
        """Return the link to a file of the folder ``assets``."""
        return self.to(f"{paths.ASSETS}/{name}")

    def release(self, version: str | None) -> str | None:
        """Return the link to a release's page; None if the report has no such page."""
        if version is None or version not in self.facts.by_version:
            return None
        return self.to(paths.release_path(version))

    def workflow(self, name: str, since: str | None = None) -> str | None:
        """Return the link to a workflow's page, or to its form of release *since*, if any."""
        forms = self.facts.forms.get(name)
        if forms is None or (since is not None and all(form.since != since for form in forms)):
            return None
        return self.to(paths.workflow_path(name, since))

    def environment(self, name: str | None) -> str | None:
        """Return the link to an environment's page, if there is one."""
        if name not in self.facts.environment_names:
            return None
        return self.to(paths.environment_path(str(name)))

    def deployment(self, environment: str, deployment: str) -> str:
        """Return the permalink of a deployment, in the list of its environment."""
        return self.to(self.facts.deployment_path(environment, deployment))

    def tag(self, tag: str) -> str | None:
        """Return the address of a tag on the Git host, if it is known."""
        host = self.facts.git_host
        return host.tag(tag) if host else None

    def commit(self, commit: str) -> str | None:
        """Return the address of a source commit on the Git host, if it is known."""
        host = self.facts.git_host
        return host.commit(commit) if host and COMMIT_ID.accepts(commit) else None


def render_page(facts: ReportFacts, path: str, title: str, template: str, **values: Any) -> Page:
    """Return a page of *template*, which extends ``base.html``, with *values*.

    *values* may have ``crumbs``, the pages above this one: ``[(path, name)]``. Templates also know
    ``facts``, ``link`` (`Links`), ``title``, ``here`` (the path), ``paths``, and the filters
    ``when``, ``aging`` and ``with_age``, which make a ``time`` element.
    """
    shown = _templates().get_template(template)
    html = shown.render(
        facts=facts,
        link=Links(path, facts),
        title=title,
        here=path,
        section=_section(path),
        navigation=overview_links(facts),
        policy=POLICY,
        **values,
    )
    return Page(path, title, _CONTROLS.sub(_control_picture, html))


def render_part(facts: ReportFacts, path: str, template: str, **values: Any) -> Markup:
    """Return a piece of the page at *path*, for pieces that several equally deep pages share."""
    shown = _templates().get_template(template)
    html = shown.render(facts=facts, link=Links(path, facts), here=path, **values)
    return Markup(html)  # noqa: S704 - the template escapes every text


def _control_picture(found: re.Match[str]) -> str:
    """Return a visible sign for a control character, which HTML doesn't allow."""
    code = ord(found[0])
    return chr(0x2400 + code) if code < _DELETE else "\N{SYMBOL FOR DELETE}"


def _section(path: str) -> str:
    """Return the path of the page of the navigation that a page belongs to."""
    return f"{path.partition('/')[0]}/index.html" if "/" in path else path


@cache
def _templates() -> Templates:
    """Return the templates of this package."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("sfn_release.report"),
        autoescape=True,  # in every template, whatever its name
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters |= {"aging": aging, "day": day, "short": short_id, "when": time_of}
    made.filters["with_age"] = with_age
    made.filters["change_text"] = change_text
    made.globals |= {"paths": paths, "span": span, "actor": actor_name, "count": count}
    made.globals |= {"attempt_words": attempt_words}
    return made
