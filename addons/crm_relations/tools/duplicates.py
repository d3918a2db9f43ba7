"""Who could be the same customer: normal forms of names and a score, without the ORM.

Thresholds and order of the steps were measured on 200,000 synthetic customers
of twelve European locales (swapped, dropped and wrong letters, diacritics,
word order, legal forms): see ``benchmarks/relations_duplicates.py``.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable
from itertools import filterfalse
from typing import NamedTuple

# letters that have no decomposition in Unicode
SPECIAL_LETTERS = str.maketrans({
    "ł": "l", "ß": "ss", "đ": "d", "ð": "d", "ø": "o", "æ": "ae", "œ": "oe", "ı": "i", "þ": "th", "ħ": "h",
})  # fmt: skip
JOINING = re.compile(r"[.’'`´]")
SEPARATING = re.compile(r"[\W_]+")

# mailboxes of a function, not of a person: agreement supports a match, it does not make one
ROLE_MAILBOXES = frozenset([
    "info", "office", "kontakt", "contact", "mail", "sales", "prodaja", "obchod", "support", "hello", "service",
    "servis", "admin", "accounting", "invoice", "faktury", "racuni", "billing", "reception", "recepcia", "receptie",
    "sekretariat", "tajnistvo", "team", "shop", "post", "noreply",
])  # fmt: skip
FREE_MAIL = frozenset([
    "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "yahoo.com", "icloud.com", "me.com",
    "aol.com", "gmx.de", "gmx.net", "web.de", "t-online.de", "proton.me", "protonmail.com", "mail.ru", "yandex.ru",
    "seznam.cz", "centrum.cz", "azet.sk", "zoznam.sk",
])  # fmt: skip

THRESHOLD_SURE = 0.92
THRESHOLD_LISTED = 0.85
THRESHOLD_SUPPORTED = 0.80
LEVELS = ("red", "amber", "grey")


class Party(NamedTuple):
    """What of a customer takes part in the comparison; all may be empty."""

    name: str = ""
    email: str = ""
    phone: str = ""
    vat: str = ""
    city: str = ""
    zip: str = ""
    birthdate: str = ""


class Verdict(NamedTuple):
    """:ivar level: one of ``LEVELS``; :ivar score: of the names, 0-1; :ivar reasons: codes, strongest first"""

    level: str
    score: float
    reasons: tuple[str, ...]


def normalise(text: str | None) -> str:
    """Lower case words without marks and punctuation, one space between.

    >>> normalise("  Łódź-Søn  &  Weiß, d.o.o. ")
    'lodz son weiss doo'
    """
    plain = (text or "")[:1000].casefold()
    if not plain.isascii():
        decomposed = unicodedata.normalize("NFKD", plain.translate(SPECIAL_LETTERS))
        plain = "".join(filterfalse(unicodedata.combining, decomposed))
        # folding again: some letters get their simple form only after the first pass
        plain = plain.casefold().translate(SPECIAL_LETTERS)
    return " ".join(SEPARATING.sub(" ", JOINING.sub("", plain)).split())


def compact(text: str | None) -> str:
    """The normal form without spaces, as legal forms are compared.

    >>> compact("spol. s r.o."), compact("S. R. L.")
    ('spolsro', 'srl')
    """
    return normalise(text).replace(" ", "")


def strip_legal_forms(key: str, forms: Collection[str]) -> str:
    """Take legal forms from the end of a normalised name, twice at most, never the last word.

    :param key: a result of :func:`normalise`
    :param forms: legal forms as :func:`compact` writes them

    >>> strip_legal_forms("muster gmbh co kg", {"gmbh", "kg", "gmbhcokg", "cokg"})
    'muster'
    >>> strip_legal_forms("as", {"as"})
    'as'
    """
    words = key.split()
    for _turn in range(2):
        for length in range(min(6, len(words) - 1), 0, -1):
            if "".join(words[-length:]) in forms:
                del words[-length:]
                break
    return " ".join(words)


def token_key(stripped: str) -> str:
    """Words in alphabetical order: equal for names that differ in order only.

    >>> token_key("novak jan") == token_key("jan novak")
    True
    """
    return " ".join(sorted(stripped.split()))


def osa_distance(left: str, right: str, limit: int) -> int:
    """Insertions, deletions, substitutions and swaps of neighbours from one text to the other.

    Optimal string alignment. More than ``limit`` is not counted on: ``limit + 1`` is returned.

    >>> osa_distance("smith", "smiht", 3), osa_distance("abc", "xyz", 1)
    (1, 2)
    """
    if abs(len(left) - len(right)) > limit:
        return limit + 1
    before, previous = [], list(range(len(right) + 1))
    for i, char in enumerate(left, 1):
        current = [i]
        for j, other in enumerate(right, 1):
            cost = min(previous[j] + 1, current[-1] + 1, previous[j - 1] + (char != other))
            if i > 1 and j > 1 and char == right[j - 2] and left[i - 2] == other:
                cost = min(cost, before[j - 2] + 1)
            current.append(cost)
        if min(current) > limit and min(previous) > limit:
            return limit + 1
        before, previous = previous, current
    return min(previous[-1], limit + 1)


def ratio(left: str, right: str) -> float:
    """Likeness of two texts, 0-1; below the lowest threshold it is 0.

    >>> ratio("jan novak", "jan novak"), ratio("jan", "eva")
    (1.0, 0.0)
    """
    longest = max(len(left), len(right))
    if not longest:
        return 0.0
    limit = int(longest * (1 - THRESHOLD_SUPPORTED) + 1e-9)
    distance = osa_distance(left, right, limit)
    return 0.0 if distance > limit else 1 - distance / longest


def name_score(left: str, right: str, forms: Collection[str]) -> float:
    """Likeness of two names in normal form, whatever the order of words and the legal form."""
    left, right = strip_legal_forms(left, forms), strip_legal_forms(right, forms)
    return max(ratio(left, right), ratio(token_key(left), token_key(right)))


# an extension behind the number, in the words of several languages
EXTENSION = re.compile(
    r"(?:\b(?:extn?|kl|klapka|linka|int|lokal|доб)\b\.?|x|#|داخلی)\s*:?\s*\d{1,6}\s*$", re.IGNORECASE
)
ADDRESS = re.compile(r"[^\s<>,;\"]+@[^\s<>,;\"]+\.[^\s<>,;\"]+")
NO_WORD = re.compile(r"[\W_]+")
NO_DIGIT = re.compile(r"[^0-9]+")
SEVERAL = re.compile(r"[,;\n]|\s(?:or|oder|alebo|ali|sau|ili|یا)\s", re.IGNORECASE)


def phone_key(phone: str | None) -> str:
    """The last nine digits: the same however country and trunk prefix are written; '' when under six digits.

    Of several numbers in one field, the first; without an extension; in digits of any script.

    >>> phone_key("+421 2 555-0133"), phone_key("02 / 555 01 33"), phone_key("112")
    ('125550133', '025550133', '')
    >>> phone_key("(0)901 555 013 ext. 12, 0902 555 014"), phone_key("۰۹۰۱۵۵۵۰۱۳")
    ('901555013', '901555013')
    """
    if not phone:
        return ""
    for part in SEVERAL.split(phone if phone.isascii() else unicodedata.normalize("NFKC", phone)):
        number = EXTENSION.sub("", part)
        if number.isascii():
            digits = NO_DIGIT.sub("", number)
        else:
            digits = "".join(str(unicodedata.decimal(char)) for char in number if char.isdecimal())
        if len(digits) >= 6:
            return digits[-9:]
    return ""


def email_key(email: str | None) -> str:
    """The address in lower case, '' when it is not one address."""
    found = ADDRESS.findall(email.lower()) if email else ()
    return found[0] if len(found) == 1 else ""


def vat_key(vat: str | None) -> str:
    """Letters and digits in upper case; '' when shorter than five ("/" and "n/a" are written for "none")."""
    key = NO_WORD.sub("", vat.upper()) if vat else ""
    return key if len(key) >= 5 else ""


def is_role_mailbox(email: str) -> bool:
    return re.split(r"[@+]", email)[0] in ROLE_MAILBOXES


def agreements(left: Party, right: Party) -> list[str]:
    """What besides the name agrees, as codes: makes a likely match of a similar name."""
    found = []
    if left.email and left.email == right.email:
        found.append("email")
    else:
        domain = left.email.partition("@")[2]
        if domain and domain == right.email.partition("@")[2] and domain not in FREE_MAIL:
            found.append("domain")
    if len(left.phone) >= 7 and left.phone[-7:] == right.phone[-7:]:
        found.append("phone")
    if left.birthdate and left.birthdate == right.birthdate:
        found.append("birthdate")
    if left.zip and left.zip == right.zip:
        found.append("zip")
    elif left.city and left.city == right.city:
        found.append("city")
    return found


def judge(left: Party, right: Party, forms: Collection[str], *, related: bool = False) -> Verdict | None:
    """Whether two customers look like one and the same; symmetric.

    :param related: they belong to one commercial entity, which shares its tax number and often its telephone:
        only names and addresses of persons speak then
    :return: ``None`` when nothing speaks for it

    >>> judge(Party("jan novak"), Party("novak jan"), ()).level
    'red'
    >>> judge(Party("jan novak", city="brno"), Party("jana novak", city="brno"), ()).level
    'amber'
    """
    score = name_score(left.name, right.name, forms) if left.name and right.name else 0.0
    exact = []
    if not related and left.vat and left.vat == right.vat:
        exact.append("vat")
    if left.email and left.email == right.email and not is_role_mailbox(left.email):
        exact.append("email")
    if not related and left.phone and left.phone == right.phone:
        exact.append("phone")
    if score == 1.0:
        exact.append("name")
    if exact:
        return Verdict("red", round(score, 4), tuple(exact))
    supporting = [] if related else agreements(left, right)
    if score >= THRESHOLD_SURE or (score >= THRESHOLD_SUPPORTED and supporting):
        return Verdict("amber", round(score, 4), ("similar", *supporting))
    if score >= THRESHOLD_LISTED:
        return Verdict("grey", round(score, 4), ("similar",))
    return None


def rank(verdicts: Iterable[tuple[int, Verdict]]) -> list[tuple[int, Verdict]]:
    """Strongest first: by level, then by score, then the oldest."""
    return sorted(verdicts, key=lambda item: (LEVELS.index(item[1].level), -item[1].score, item[0]))
