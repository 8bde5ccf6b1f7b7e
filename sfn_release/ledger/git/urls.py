"""Removing passwords and tokens from URLs before you see them in output or logs."""

from __future__ import annotations

import re

_WEB = re.compile(r"(?i)\b((?:https?|ftps?)://)[^\s'\"/]*@")
_OTHER = re.compile(r"(?i)\b((?!(?:https?|ftps?)://)[a-z][a-z0-9+.-]*://[^\s'\"/:@]*):[^\s'\"/]*@")
_QUERY = re.compile(r"(?i)\b((?:https?|ftps?)://[^\s'\"?]+)\?[^\s'\"]+")


def without_secrets(text: str) -> str:
    """Return *text* with the secrets in its URLs replaced.

    On the web, a user name may be a token, so it is removed too; the user of an ssh URL stays.

    >>> without_secrets("unable to access 'https://bot:hunter2@example.com/shop.git/'")
    "unable to access 'https://***@example.com/shop.git/'"
    >>> without_secrets("ssh://git@example.com/shop.git ssh://git:pw@example.com/shop.git")
    'ssh://git@example.com/shop.git ssh://git:***@example.com/shop.git'
    >>> without_secrets("https://example.com/shop.git?private_token=hunter2")
    'https://example.com/shop.git?***'
    """
    text = _WEB.sub(r"\1***@", text)
    text = _OTHER.sub(r"\1:***@", text)
    return _QUERY.sub(r"\1?***", text)
