"""The messages of Jackson, AWS's JSON parser, for invalid JSON."""

from __future__ import annotations

import json
import re

from sfn_release.errors import DefinitionError

_TOKEN = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_SHOWN = 500  # characters of the text


def not_json(text: str, error: DefinitionError) -> tuple[str, str | None]:
    """Return the message and the place of the fault in *error*, which `canonical.loads` raised.

    An unknown token gets Jackson's message. Other faults keep ours.
    """
    fault = error.__cause__
    if not isinstance(fault, json.JSONDecodeError):
        return error.message, None
    message, column = error.message.removesuffix("."), fault.colno
    token = _TOKEN.match(text, fault.pos)
    if token:
        column += len(token[0])
        message = (
            f"Unrecognized token '{token[0]}': was expecting (JSON String, Number, Array, Object or"
            " token 'null', 'true' or 'false')"
        )
    cut = f"[truncated {len(text) - _SHOWN} chars]" if len(text) > _SHOWN else ""
    place = f'[Source: (String)"{text[:_SHOWN]}"{cut}; line: {fault.lineno}, column: {column}]'
    return f"{message}\n at {place}", place
