"""The store of a history's long texts: what goes in comes out, however much there is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sfn_release.simulator.text_store import StoredText, TextStore

LONG = st.text(st.characters(), min_size=1, max_size=3).map(lambda text: text * 600)


@given(st.lists(LONG | st.text(max_size=9), max_size=6))
def test_every_text_is_read_back(texts: list[str]) -> None:
    """Of any characters, whose number isn't their size; lone surrogates too."""
    store = TextStore()
    kept = [store.keep(text) for text in texts]
    read = [text.text() if isinstance(text, StoredText) else text for text in kept]
    assert read == texts


def test_equal_texts_are_stored_once() -> None:
    """A state often passes its input on, and a loop repeats it."""
    store = TextStore()
    one, other, again = store.keep("ä" * 600), store.keep("b" * 600), store.keep("ä" * 599 + "ä")
    assert one is again
    assert one != other
