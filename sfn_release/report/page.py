"""A page of a report."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Page:
    """One page. *path* is below the report's folder, with "/", such as ``timeline/index.html``.

    Make *path* with `paths`, so that names from data are safe in it.
    """

    path: str
    title: str
    html: str
