"""What ssh-keygen and gpg say of a signature: nothing but a clear yes is good."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.ledger.git.command import Result
from sfn_release.ledger.git.signature_words import (
    SignatureCheck,
    openpgp_check,
    signature_in,
    ssh_check,
)

KEY = "D73EA89FC02F705D3BB0C2D98571F727237E4DDD"
GOOD_SSH = 'Good "git" signature for alice@example.com with ED25519 key SHA256:abc'


def gpg(*lines: str, code: int = 0) -> SignatureCheck:
    text = "".join(f"[GNUPG:] {line}\n" for line in lines)
    return openpgp_check(Result(code, b"", text))


def said(word: str, made: int = 100, *more: str) -> list[str]:
    """Return gpg's status lines for a signature of Alice."""
    valid = f"VALIDSIG {KEY} 2026-11-28 {made} 0 4 0 22 8 00 {KEY}"
    return ["NEWSIG", *more, f"{word} 8571F727237E4DDD Alice <alice@example.com>", valid]


def test_a_good_openpgp_signature_names_its_signer() -> None:
    """The key is the primary one, also when a subkey signed."""
    assert gpg(*said("GOODSIG")) == SignatureCheck("good", "Alice <alice@example.com>", KEY)


@pytest.mark.parametrize(
    ("lines", "code", "result"),
    [
        (said("GOODSIG"), 1, "bad"),  # git's exit code counts too
        (said("GOODSIG")[:-1], 0, "bad"),
        (said("GOODSIG") * 2, 0, "bad"),
        (["NEWSIG", "BADSIG 8571F727237E4DDD Alice"], 1, "bad"),
        (["NEWSIG", "NO_PUBKEY 8571F727237E4DDD"], 1, "unknown_key"),
        ([*said("GOODSIG"), "NEWSIG", "NO_PUBKEY 8571F727237E4DDD"], 1, "unknown_key"),
        (said("REVKEYSIG"), 1, "revoked"),
        (said("EXPSIG"), 1, "expired"),
        (said("EXPKEYSIG", 100, "KEYEXPIRED 101"), 1, "good"),
        (said("EXPKEYSIG", 100, "KEYEXPIRED 100"), 1, "expired"),
        (said("EXPKEYSIG", 100, "KEYEXPIRED 300", "KEYEXPIRED 99"), 1, "expired"),
        (said("EXPKEYSIG"), 1, "expired"),
        ([*said("GOODSIG"), "REVKEYSIG 8571F727237E4DDD Alice"], 0, "revoked"),
        ([], 0, "bad"),
    ],
)
def test_openpgp_states(lines: list[str], code: int, result: str) -> None:
    """An expired key made good signatures as long as it lived."""
    assert gpg(*lines, code=code).result == result


@pytest.mark.parametrize(
    ("words", "code", "result"),
    [
        (GOOD_SSH, 0, "good"),
        (GOOD_SSH, 1, "bad"),
        (f"{GOOD_SSH} and more", 0, "bad"),
        (
            'Good "git" signature with ED25519 key SHA256:abc\nNo principal matched.',
            0,
            "unknown_key",
        ),
        (f"x\n{GOOD_SSH}", 0, "bad"),
        ("error: cannot run ssh-keygen: No such file or directory", 1, "unverifiable"),
        (
            "error: ssh-keygen -Y find-principals/verify is needed for ssh signature",
            1,
            "unverifiable",
        ),
        ("", 0, "bad"),
        ("", 1, "bad"),
    ],
)
def test_ssh_states(words: str, code: int, result: str) -> None:
    """The exit code and the principal both count."""
    assert ssh_check(Result(code, b"", words)).result == result


@given(st.text(), st.integers(0, 2))
def test_other_words_are_never_good(words: str, code: int) -> None:
    """Whatever a program prints, it has to be the whole sentence."""
    assert ssh_check(Result(code, b"", words)).result != "good"
    assert openpgp_check(Result(code, b"", words)).result != "good"


def test_where_signatures_are() -> None:
    """In the headers of a commit, and at the end of a tag. A message may quote one."""
    begin = b"-----BEGIN SSH SIGNATURE-----\n"
    commit = b"tree 1\nauthor a\n%s\nx\n"
    assert signature_in(commit % (b"gpgsig " + begin)) == begin.strip()
    assert signature_in(commit % (b"gpgsig-sha256 " + begin)) == begin.strip()
    assert signature_in(b"tree 1\n\nx\n" + begin) is None
    assert signature_in(b"object 1\ntag v1\n\nnotes\n" + begin) == begin
    assert signature_in(b"object 1\ntag v1\n\nnotes " + begin) is None
