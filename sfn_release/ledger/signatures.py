"""Whether a commit or tag has a good signature of an allowed principal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SignatureStatus = Literal[
    "good", "unsigned", "bad", "unknown_key", "expired", "revoked", "unverifiable"
]


@dataclass(frozen=True)
class SignatureVerdict:
    """The verdict on the signature of one commit or tag.

    *principal* is the signer's name in the file of allowed signers, and *key* the fingerprint.
    *why* explains every status but ``good``, in one line. ``unverifiable`` means that the signature
    can't be checked here: there is no file of allowed signers, or a program is missing.
    """

    status: SignatureStatus
    principal: str = ""
    key: str = ""
    why: str = ""

    @property
    def good(self) -> bool:
        """Whether an allowed principal made the signature."""
        return self.status == "good"
