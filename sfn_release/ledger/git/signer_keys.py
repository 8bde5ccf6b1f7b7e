"""The keys that may sign, as a file of allowed signers lists them. Pure: text in, keys out.

SSH keys stand there in OpenSSH's form (ssh-keygen(1), ALLOWED SIGNERS), OpenPGP keys as armored
public keys, as ``gpg --armor --export`` prints them:

    alice@example.com namespaces="git" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA…
    -----BEGIN PGP PUBLIC KEY BLOCK-----
    …
    -----END PGP PUBLIC KEY BLOCK-----
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from sfn_release.errors import ConfigError

_BEGIN, _END = "-----BEGIN PGP PUBLIC KEY BLOCK-----", "-----END PGP PUBLIC KEY BLOCK-----"
_SSH_LINE = re.compile(
    r"""
    (?P<principals>"[^"]+"|[^\s"#]\S*) [ \t]+
    (?P<options>(?:[A-Za-z-]+(?:="[^"]*")?,?)+ [ \t]+)??
    (?P<type>(?:ssh|ecdsa|sk-ssh|sk-ecdsa|rsa)-[a-z0-9@.-]+) [ \t]+
    (?P<key>[A-Za-z0-9+/]+={0,2})
    (?:[ \t].*)?
    """,
    re.VERBOSE,
)
_EXAMPLE = 'One key a line:  alice@example.com namespaces="git" ssh-ed25519 AAAA…'


@dataclass(frozen=True)
class SignerKeys:
    """The keys of a file of allowed signers.

    *ssh* has the lines for OpenSSH, *openpgp* the armored public keys. *revoked* is the content of
    the file of revoked SSH keys: a key revocation list, or a public key a line.
    """

    ssh: str = ""
    openpgp: str = ""
    revoked: bytes = b""


def read_signer_keys(content: bytes, *, where: str, revoked: bytes = b"") -> SignerKeys:
    """Return the keys in the *content* of a file, which errors call *where*.

    Raises ConfigError for a file without a key, and for a line that has none.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{where} is not UTF-8.", fix=_EXAMPLE) from error
    ssh: list[str] = []
    openpgp: list[str] = []
    begun = 0
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.strip()
        if begun or line == _BEGIN:
            begun = begun or number
            openpgp.append(line)
            begun = 0 if line == _END else begun
        elif line and not line.startswith("#"):
            if not _is_key(line):
                raise ConfigError(
                    f"{where}, line {number}, is not the key of an allowed signer.",
                    why=line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…",
                    fix=_EXAMPLE,
                )
            ssh.append(line)
    if begun:
        raise ConfigError(f"{where}: the key that begins in line {begun} has no end.", fix=_END)
    if not ssh and not openpgp:
        raise ConfigError(f"{where} has no key, so no signature can be good.", fix=_EXAMPLE)
    return SignerKeys(
        "".join(f"{line}\n" for line in ssh), "".join(f"{line}\n" for line in openpgp), revoked
    )


_SHOWN = 60  # characters of a line in an error


def _is_key(line: str) -> bool:
    """Return whether a line has principals and an SSH key of the type that it names."""
    found = _SSH_LINE.fullmatch(line)
    if found is None:
        return False
    try:
        blob = base64.b64decode(found["key"], validate=True)
    except binascii.Error:
        return False
    name = found["type"].encode()
    return blob[:4] == len(name).to_bytes(4) and blob[4 : 4 + len(name)] == name
