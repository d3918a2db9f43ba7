"""Text in normal form and the words to search similar cases by. No database here."""

import re
import unicodedata
from collections.abc import Iterable, Mapping

WORD = re.compile(r"[^\W_]+")
MAX_TEXT = 4_000
"""Characters of a text that are compared; what comes after adds time and no meaning."""
MIN_WORD, MAX_WORD = 3, 40
MAX_WORDS = 20
"""Words that are searched by: the rarest carry the meaning, see :func:`search_words`."""
COMMON = 0.1
"""A word that stands in a larger share of the texts finds too much and tells nothing."""

# letters that are no base letter with a mark on it
FOLD = str.maketrans({"ß": "ss", "ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "ı": "i", "þ": "th", "ð": "d"})


def normal_text(text: str | None) -> str:
    """Lower case, without accents, marks and punctuation, one space between words.

    >>> normal_text("Rýchlovarná kanvica TEČIE!  (v kuchyni)")
    'rychlovarna kanvica tecie v kuchyni'
    >>> normal_text("Straße; Đorđe")
    'strasse dorde'
    >>> normal_text(None)
    ''
    """
    # capitals among mathematical and other compatible letters show only after the first decomposition
    folded = unicodedata.normalize("NFKD", text or "").casefold().translate(FOLD)
    decomposed = unicodedata.normalize("NFKD", folded)
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    return " ".join(WORD.findall(plain))[:MAX_TEXT].rstrip()


def search_words(text: str, frequencies: Mapping[str, float], limit: int = MAX_WORDS) -> tuple[str, ...]:
    """The words of a normal text worth searching by, the rarest first; of equally rare ones the longest.

    :param frequencies: share of all texts in which a word occurs, for the common words only
    :param limit: how many words at most

    Common words are left out, unless there is no other.

    >>> search_words("the kettle leaks after the first week", {"the": 0.9, "week": 0.05})
    ('kettle', 'after', 'first', 'leaks', 'week')
    >>> search_words("the", {"the": 0.9})
    ('the',)
    >>> search_words("a b", {})
    ()
    """
    words = {word for word in text.split() if MIN_WORD <= len(word) <= MAX_WORD}
    telling = {word for word in words if frequencies.get(word, 0.0) <= COMMON} or words
    return tuple(sorted(telling, key=lambda word: (frequencies.get(word, 0.0), -len(word), word))[:limit])


def any_of(words: Iterable[str]) -> str:
    """A ``tsquery`` in text form that asks for any of these words. The words are letters and digits only.

    >>> any_of(("kettle", "leaks"))
    "'kettle' | 'leaks'"
    """
    return " | ".join(f"'{word}'" for word in words)
