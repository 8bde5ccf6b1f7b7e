"""The paths of a report's pages, and the notes that a tag holds."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.operations.recorded_notes import notes_in, signature_in
from sfn_release.report.paths import segment

HEAD = "object 1\ntype commit\ntag v1.0.0\ntagger A <a@example.com> 0 +0000\n\n"
SIGNED = "-----BEGIN {} SIGNATURE-----\nnot the notes\n-----END {} SIGNATURE-----\n"
NAMES = st.text(max_size=200) | st.text(alphabet="aB~.-注", min_size=100, max_size=300)


@given(NAMES)
def test_a_segment_fits_every_file_system(name: str) -> None:
    """It is short, plain, and never leads to another folder."""
    found = segment(name)
    assert 0 < len(found) <= 140
    assert re.fullmatch(r"[A-Za-z0-9_.~-]+", found)
    assert found.strip(".") == found


@given(NAMES, NAMES)
def test_two_names_have_two_segments(one: str, other: str) -> None:
    """Long names that begin alike differ too."""
    assert (segment(one) == segment(other)) == (one == other)
    assert segment("x" * 200 + one) != segment("x" * 200 + other) or one == other


@pytest.mark.parametrize("kind", ["SSH", "PGP"])
def test_a_signature_is_no_part_of_the_notes(kind: str) -> None:
    """The signature stands at the end of the message, with a tag's digests or without."""
    signature = SIGNED.format(kind, kind)
    by_hand = f"{HEAD}First release\n\nIt greets.\n{signature}"
    assert notes_in(by_hand) == "First release\n\nIt greets."
    assert signature_in(by_hand) == kind
    assert signature_in(f"{HEAD}First release\n") == ""
