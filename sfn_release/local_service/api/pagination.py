"""Pages of a listing, and the opaque token of the next page."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from sfn_release.local_service.api import api_errors

_DEFAULT = 100
_DIGEST = 12  # characters, enough to distinguish listings

Fetch = Callable[[Any, int], list[Any]]
"""Returns at most so many items after a position (None: the first items), in order."""


def page(
    request: Mapping[str, Any], *, listing: str, fetch: Fetch, position: Callable[[Any], Any]
) -> tuple[list[Any], str | None]:
    """Return one page of items and the token of the next page, if there is one.

    *listing* identifies the listing: the token of another one is refused. *position* returns the
    position of an item, after which *fetch* continues. Unlike offsets, positions don't repeat or
    hide an item when others come or go between two pages. Raises InvalidToken.
    """
    size = request.get("maxResults") or _DEFAULT
    token = request.get("nextToken")
    after = _read(token, listing) if token is not None else None
    items = fetch(after, size + 1)
    if len(items) <= size:
        return items, None
    items = items[:size]
    return items, _write(position(items[-1]), listing)


def _write(position: Any, listing: str) -> str:
    text = json.dumps([_seal(listing), position], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode()


def _read(token: str, listing: str) -> Any:
    try:
        seal, position = json.loads(base64.b64decode(token, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, TypeError):
        raise api_errors.invalid_token() from None
    if seal != _seal(listing) or not isinstance(position, int | str):
        raise api_errors.invalid_token()
    return position


def _seal(listing: str) -> str:
    return hashlib.sha256(listing.encode()).hexdigest()[:_DIGEST]


def answer(member: str, items: list[dict[str, Any]], token: str | None) -> dict[str, Any]:
    """Return the answer of a listing: its items under *member*, and the next token if any."""
    return {member: items} if token is None else {member: items, "nextToken": token}
