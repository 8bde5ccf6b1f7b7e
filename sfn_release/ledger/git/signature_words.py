"""Reading what git, ssh-keygen and gpg say of a signature. Pure: their output in, a result out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from sfn_release.ledger.git.command import Result

SignatureResult = Literal[
    "good", "bad", "unknown_key", "expired", "revoked", "unverifiable", "unsigned"
]
SSH, OPENPGP = b"-----BEGIN SSH SIGNATURE-----", b"-----BEGIN PGP "
X509 = b"-----BEGIN SIGNED MESSAGE-----"
_IN_TAGS = (SSH, b"-----BEGIN PGP SIGNATURE-----", b"-----BEGIN PGP MESSAGE-----", X509)
_SSH_GOOD = re.compile(r'Good "git" signature for (?P<principal>.+) with \S+ key (?P<key>\S+)')
_SSH_UNKNOWN = re.compile(r'Good "git" signature with \S+ key (?P<key>\S+)')
_SSH_PERIOD = re.compile(r": (key (?:has expired|is not yet valid): .*)")
_SSH_NAMESPACE = re.compile(r"key is not permitted[^\n]*")
_NO_PROGRAM = re.compile(
    r"^(?:error: )?(cannot (?:run|exec) .*|.* is needed for ssh .*)$", re.MULTILINE
)
_GPG = "[GNUPG:] "
_OLDEST = (2, 34)  # git's first version with SSH signatures


@dataclass(frozen=True)
class SignatureCheck:
    """The result of checking one signature.

    *principal* and *key* name the signer. *why* is a line in the words of the program.
    """

    result: SignatureResult
    principal: str = ""
    key: str = ""
    why: str = ""


def signature_in(content: bytes) -> bytes | None:
    """Return the beginning of the signature in a commit or tag, None if it isn't signed."""
    headers, _, message = content.partition(b"\n\n")
    for line in headers.split(b"\n"):
        name, _, value = line.partition(b" ")
        if name in {b"gpgsig", b"gpgsig-sha256"}:
            return value
    if not content.startswith(b"object "):
        return None
    text = b"\n" + message
    begins = [at for begin in _IN_TAGS if (at := text.rfind(b"\n" + begin)) >= 0]
    return message[max(begins) :] if begins else None


def ssh_check(result: Result) -> SignatureCheck:
    """Return what ssh-keygen said. Its exit code counts, and the principal."""
    lines = result.stderr.strip().splitlines() or [""]
    good, unknown = _SSH_GOOD.fullmatch(lines[0]), _SSH_UNKNOWN.fullmatch(lines[0])
    if result.returncode == 0 and good:
        return SignatureCheck("good", good["principal"], good["key"])
    missing, namespace = _no_program(result), _SSH_NAMESPACE.search(result.stderr)
    if unknown:
        period, key = _SSH_PERIOD.search(result.stderr), unknown["key"]
        why = period[1] if period else f"{key} isn't the key of an allowed signer"
        return SignatureCheck("expired" if period else "unknown_key", key=key, why=why)
    if missing:
        return SignatureCheck("unverifiable", why=missing)
    if namespace:
        return SignatureCheck("unknown_key", why=namespace[0])
    return SignatureCheck("bad", why="the signature doesn't fit the content")


def openpgp_check(result: Result) -> SignatureCheck:
    """Return what gpg said in its status lines (GnuPG's doc/DETAILS). Its exit code counts.

    A signature from before its key expired is good, as with SSH keys.
    """
    said: dict[str, list[list[str]]] = {}
    for line in result.stderr.splitlines():
        if line.startswith(_GPG):
            word, *rest = line.removeprefix(_GPG).split(" ")
            said.setdefault(word, []).append(rest)
    missing = _no_program(result)
    if not said and missing:
        return SignatureCheck("unverifiable", why=missing)
    if "NO_PUBKEY" in said:
        key = said["NO_PUBKEY"][0][0]
        return SignatureCheck("unknown_key", key=key, why=f"{key} isn't an allowed signer's key")
    if [len(said.get(word, ())) for word in ("NEWSIG", "VALIDSIG")] == [1, 1]:
        for word, (state, why) in _OPENPGP_STATES.items():
            if word in said:
                return _openpgp_state(result, said, word, SignatureCheck(state, why=why))
    return SignatureCheck("bad", why="the signature doesn't fit the content")


_OPENPGP_STATES: dict[str, tuple[SignatureResult, str]] = {
    "REVKEYSIG": ("revoked", "the key is revoked"),
    "EXPSIG": ("expired", "the signature has expired"),
    "EXPKEYSIG": ("expired", "it was made after the key had expired"),
    "GOODSIG": ("good", ""),
}


def _openpgp_state(
    result: Result, said: dict[str, list[list[str]]], word: str, check: SignatureCheck
) -> SignatureCheck:
    """Return *check* with the signer, good if the key was valid when the signature was made."""
    valid = said["VALIDSIG"][0]
    made, key, principal = int(valid[2]), valid[-1], " ".join(said[word][0][1:])
    if word == "EXPKEYSIG":
        ends = [int(rest[0]) for rest in said.get("KEYEXPIRED", []) if rest[0].isdecimal()]
        if ends and made < min(ends):
            return SignatureCheck("good", principal, key)
    elif check.result == "good" and result.returncode:
        return SignatureCheck("bad", principal, key, "git refuses the signature")
    return SignatureCheck(check.result, principal, key, check.why)


def imported_keys(result: Result) -> list[str]:
    """Return the fingerprints of the keys that gpg imported, or had already."""
    begin = f"{_GPG}IMPORT_OK "
    lines = result.text.splitlines()
    return [line.rpartition(" ")[2] for line in lines if line.startswith(begin)]


def _no_program(result: Result) -> str | None:
    """Return git's words if a program is missing."""
    found = _NO_PROGRAM.search(result.stderr)
    return found[1] if found else None


def too_old(version: str) -> str | None:
    """Return why a git of this *version* can't check SSH signatures; None if it can.

    >>> too_old("git version 2.39.5"), too_old("git version 2.31.1")
    (None, 'git version 2.31.1 is too old: SSH signatures need 2.34')
    """
    found = re.search(r"(\d+)\.(\d+)", version)
    if found is None or (int(found[1]), int(found[2])) >= _OLDEST:
        return None
    return f"{version} is too old: SSH signatures need {'.'.join(map(str, _OLDEST))}"
