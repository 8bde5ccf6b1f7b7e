"""Reads the declarations of handlers: ``{"ChargeFunction": "app.charge:handler"}``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sfn_release.errors import ConfigError
from sfn_release.tasks.handler_process import HandlerSpec
from sfn_release.text import did_you_mean

_HANDLER = re.compile(r"(?P<module>[A-Za-z_]\w*(?:[./][A-Za-z_]\w*)*)[:.](?P<name>[A-Za-z_]\w*)")
_KEYS = ("handler", "timeout", "memory", "environment")
_LONGEST, _MOST_MEMORY = 900, 10_240  # seconds, MB; AWS: "Lambda quotas"


def handler_problem(text: str) -> str | None:
    """Return the problem with the name of a handler, None for a good one.

    >>> handler_problem("app.charge")  # as Lambda writes it: module app, function charge
    >>> handler_problem("charge")
    'It must name a module and a function, such as "app.charge:handler".'
    """
    if _HANDLER.fullmatch(text):
        return None
    return 'It must name a module and a function, such as "app.charge:handler".'


def read_handlers(declared: Mapping[str, Any], folder: Path) -> dict[str, HandlerSpec]:
    """Return the specs of *declared* handlers, by function. Modules are found in *folder*.

    A value is ``"module:function"``, or ``{"handler": …, "timeout": seconds, "memory": MB,
    "environment": {…}}``. Raises ConfigError, which names the function and the fault.
    """
    return {name: _spec(name, value, folder) for name, value in declared.items()}


def _spec(name: str, value: Any, folder: Path) -> HandlerSpec:
    table = value if isinstance(value, Mapping) else {"handler": value}
    for key in table:
        if key not in _KEYS:
            fix = did_you_mean(key, _KEYS) or f"Known here: {', '.join(_KEYS)}."
            raise ConfigError(f"The handler of {name!r} has the unknown key {key!r}.", fix=fix)
    text = table.get("handler")
    problem = handler_problem(text if isinstance(text, str) else "")
    found = _HANDLER.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise ConfigError(f"The handler of {name!r} is {text!r}.", why=problem or "")
    environment = table.get("environment", {})
    if not isinstance(environment, Mapping) or not all(
        isinstance(text, str) for pair in environment.items() for text in pair
    ):
        raise ConfigError(f"The environment of {name!r} must have strings as names and values.")
    return HandlerSpec(
        found["module"].replace("/", "."),
        found["name"],
        folder,
        _number(name, "timeout", table.get("timeout", HandlerSpec.timeout), 0, _LONGEST),
        int(_number(name, "memory", table.get("memory", HandlerSpec.memory), 0, _MOST_MEMORY)),
        dict(environment),
    )


def _number(name: str, key: str, value: Any, above: float, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not above < value <= most:
        unit = "seconds" if key == "timeout" else "MB"
        raise ConfigError(
            f"The {key} of {name!r} is {value!r}.", why=f"It must be at most {most} {unit}."
        )
    return value
