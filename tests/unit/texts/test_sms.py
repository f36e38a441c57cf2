"""Segments as an SMSC counts them."""

from __future__ import annotations

import pytest

from netwatch.communication.texts.sms import Alphabet, size, transliterated


@pytest.mark.parametrize(
    ("text", "alphabet", "units", "segments"),
    [
        ("", Alphabet.GSM7, 0, 1),
        ("a" * 160, Alphabet.GSM7, 160, 1),
        ("a" * 161, Alphabet.GSM7, 161, 2),
        ("a" * 306, Alphabet.GSM7, 306, 2),
        ("a" * 307, Alphabet.GSM7, 307, 3),
        ("€" * 80, Alphabet.GSM7, 160, 1),
        ("€" * 81, Alphabet.GSM7, 162, 2),
        ("a" * 152 + "€" + "a" * 152, Alphabet.GSM7, 306, 3),
        ("éèùìòÇØøÅåÆæßÉÄÖÑÜäöñüà", Alphabet.GSM7, 23, 1),
        ("ł" * 70, Alphabet.UCS2, 70, 1),
        ("ł" * 71, Alphabet.UCS2, 71, 2),
        ("ł" * 134, Alphabet.UCS2, 134, 2),
        ("ł" * 135, Alphabet.UCS2, 135, 3),
        ("😀" * 35, Alphabet.UCS2, 70, 1),
        ("😀" * 36, Alphabet.UCS2, 72, 2),
        ("a" * 66 + "😀" + "a" * 66, Alphabet.UCS2, 134, 3),
    ],
)
def test_a_text_is_counted_as_it_will_be_sent(text, alphabet, units, segments):
    found = size(text)
    assert (found.alphabet, found.units, found.segments) == (alphabet, units, segments)


def test_what_forces_the_wide_alphabet_is_named():
    assert size("zażółć €").offenders == tuple(sorted("ćóżł"))


def test_polish_letters_become_plain_ones_and_what_gsm_knows_stays():
    assert transliterated("Zażółć gęślą jaźń \u2013 „é” € ä …") == 'Zazolc gesla jazn - "é" € ä ...'
    assert size(transliterated("Zażółć gęślą jaźń")).alphabet is Alphabet.GSM7
    assert transliterated("日本") == "日本"
