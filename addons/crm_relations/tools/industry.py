"""Reading of the industry classifications shipped as files, and of codes as people type them."""
import csv
import re
from collections import defaultdict


def read_rows(lines):
    """The rows of a catalogue file as dicts; the first line names the columns.

    :param lines: iterable of text lines
    :rtype: list[dict[str, str]]
    """
    return list(csv.DictReader(lines))


def by_level(rows):
    """Rows in layers, so that a parent always comes in an earlier layer than its children.

    :param rows: dicts with ``scheme``, ``code`` and ``parent`` (empty at the top)
    :rtype: list[list[dict]]
    :raises ValueError: a parent is missing from the rows, or they form a loop
    """
    children = defaultdict(list)
    for row in rows:
        children[row["scheme"], row["parent"]].append(row)
    layers = []
    layer = [row for row in rows if not row["parent"]]
    while layer:
        layers.append(layer)
        layer = [child for row in layer for child in children[row["scheme"], row["code"]]]
    if sum(map(len, layers)) != len(rows):
        raise ValueError("A parent code is missing")
    return layers


def code_variants(text):
    """Ways in which a code may have been meant: ``6201`` is 62.01 in NACE and 6201 in ISIC.

    :param str text: what somebody typed
    :return: beginnings of codes, the typed one first; empty when the text is no code
    """
    text = text.strip().upper()
    if not re.fullmatch(r"[A-Z]|[A-Z]?\d{1,2}(?:\.?\d{1,2})?", text):
        return []
    digits = text.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ").replace(".", "")
    if not digits:
        return [text]
    variants = [text, digits]
    if len(digits) > 2:
        variants.append(f"{digits[:2]}.{digits[2:]}")
    return list(dict.fromkeys(variants))
