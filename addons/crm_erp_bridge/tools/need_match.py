"""Which products could meet a need, judged by words and by what was bought before. Without the ORM.

Three things speak for a product, each a number from 0 to 1; together they are the chance that at least one of them
is right (``1 - (1 - a)(1 - b)(1 - c)``), so that a product asked for by its name always has 1:

* its name in any language: the share of its words (longer ones weigh more) that the need says,
* its category, in the same way, at most 0.4,
* the customer ordered it before: 0.15 after one order, rising to 0.3.
"""

import re

from odoo.addons.crm_relations.tools.duplicates import normalise

CATEGORY_WEIGHT = 0.4
PURCHASE_WEIGHT = 0.3
LEAST_SCORE = 0.12
MOST_WORDS = 12
WORD = re.compile(r"[^\W\d_]{3,40}")
EMPTY_WORDS = frozenset(
    {"and", "for", "from", "have", "him", "into", "its", "more", "need", "needs", "new", "not", "our", "please", "some"}
    | {"that", "the", "their", "them", "they", "this", "want", "wants", "will", "with", "would", "you", "your"}
    | {"ali", "bez", "das", "dem", "der", "die", "ein", "eine", "einen", "fur", "ich", "kao", "koje", "mit", "nas"}
    | {"nebo", "oder", "pentru", "pre", "pri", "sau", "sem", "tie", "und", "von", "wir"}
)
"""Words of three letters and more that say nothing, in languages of the suite."""


def words(text: str | None) -> list[str]:
    """The words of a text that say something, in normal form, in order, each once.

    >>> words("Twelve oak tables for the new tasting-room, 12 pcs")
    ['twelve', 'oak', 'tables', 'tasting', 'room', 'pcs']
    """
    # read before marks are taken away: joined words stay two
    found = (normalise(word) for word in WORD.findall((text or "")[:2000]))
    return list(dict.fromkeys(word for word in found if len(word) >= 3 and " " not in word and word not in EMPTY_WORDS))


def stem_length(length: int) -> int:
    """How many first letters two words of at most this length have to share: three quarters, at least three.

    >>> [stem_length(length) for length in (3, 4, 5, 6, 8)]
    [3, 3, 4, 5, 6]
    """
    return max(3, -(-3 * length // 4))


def same_word(left: str, right: str) -> bool:
    """Whether two words are forms of one: endings differ by language, number and case.

    >>> same_word("table", "tables"), same_word("miza", "mize"), same_word("chair", "charm")
    (True, True, False)
    """
    length = stem_length(max(len(left), len(right)))
    return left[:length] == right[:length] and len(left) >= length and len(right) >= length


def patterns(statement: str | None) -> list[str]:
    """Patterns (ILIKE) by which names are looked up: beginnings of the longest words as they are written.

    >>> patterns("Oak tables")
    ['%tabl%', '%oak%']
    """
    # folded first: some letters become two, and fractions and the like are no letters
    found = {word for word in WORD.findall((statement or "")[:2000].casefold()) if word.isalpha()}
    found = sorted((word for word in found if normalise(word) not in EMPTY_WORDS), key=lambda word: (-len(word), word))
    return [f"%{word[: stem_length(len(word)) - (len(word) > 5)]}%" for word in found[:MOST_WORDS]]


def coverage(statement_words: list[str], name: str | None) -> float:
    """The share of a name that a statement says; longer words weigh more.

    >>> coverage(words("Twelve oak tables"), "Oak table"), coverage(words("A chair"), "Chair, high")
    (1.0, 0.5555555555555556)
    """
    own = words(name)
    if not own:
        return 0.0
    said = sum(len(word) for word in own if any(same_word(word, other) for other in statement_words))
    return said / sum(len(word) for word in own)


def score(name: float, category: float, orders: int) -> float:
    """How well a product fits, from 0 to 1.

    >>> round(score(1, 0, 0), 2), round(score(0, 1, 0), 2), round(score(0, 0, 1), 2), round(score(0, 0, 9), 2)
    (1.0, 0.4, 0.15, 0.3)
    """
    bought = PURCHASE_WEIGHT * (1 - 0.5 ** max(orders, 0))
    return 1 - (1 - name) * (1 - CATEGORY_WEIGHT * category) * (1 - bought)
