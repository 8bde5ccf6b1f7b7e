"""Request ids, as the services of AWS draw them for each answer."""

from __future__ import annotations

import uuid


def new_request_id() -> str:
    """Return a new request id, a UUID."""
    return str(uuid.uuid4())
