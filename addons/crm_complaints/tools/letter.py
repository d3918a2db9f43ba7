"""Letters to complainants: what each kind must contain, as data and pure functions.

The elements follow the rules on final responses and holding replies (FCA DISP 1.6.2 and 1.6.4, PSD2 article 101):
a final response says what was decided and why, on all points, and who may be turned to; a holding reply says why it
takes longer and until when.
"""

import re
from collections.abc import Mapping

from lxml import html
from markupsafe import Markup, escape

KINDS = [
    ("final", "Final Response"),
    ("holding", "Holding Letter"),
    ("summary", "Summary of a Quick Resolution"),
]

ELEMENTS = (
    "number", "received", "complainant", "decision", "reasons", "points", "answer", "resolution", "delay_reason",
    "expected_on", "external", "company", "handler",
)  # fmt: skip
"""Names that may stand in a template as ``{{name}}``."""

REQUIRED = {
    "final": ("number", "decision", "reasons", "answer"),
    "holding": ("number", "delay_reason", "expected_on"),
    "summary": ("number", "resolution"),
}
"""Elements that a letter of a kind must show, whatever else it says."""

_PLACE = re.compile(r"\{\{\s*(\w*)\s*\}\}")
_CLASS = "o_complaint_"


def placeholder(name: str) -> str:
    """How an element stands in a template."""
    return "{{" + name + "}}"


def elements(body: str) -> list[str]:
    """Names of the elements in a template.

    >>> elements("<p>The number: {{ number }} {{price}}</p>")
    ['number', 'price']
    """
    return sorted(set(_PLACE.findall(body or "")))


def unknown_elements(body: str) -> list[str]:
    """Names in a template that no letter can fill.

    >>> unknown_elements("<p>{{number}} {{ price }}</p>")
    ['price']
    """
    return [name for name in elements(body) if name not in ELEMENTS]


def fill(body: str, values: Mapping[str, object]) -> Markup:
    """A template with its elements in place, each in a tag that tells which it is.

    Values are text and are escaped, unless they are ``Markup``. What stands in a value is never filled again.

    >>> fill("<p>{{number}}</p>", {"number": "<1>"})
    Markup('<p><span class="o_complaint_number">&lt;1&gt;</span></p>')
    """

    def place(match):
        name = match[1]
        value = values.get(name) or ""
        tag = "div" if isinstance(value, Markup) else "span"
        return f'<{tag} class="{_CLASS}{name}">{escape(value)}</{tag}>'

    return Markup(_PLACE.sub(place, body or ""))


def fill_text(text: str, values: Mapping[str, object]) -> str:
    """The same for a line of plain text, such as a subject.

    >>> fill_text("About {{number}}", {"number": "C1"})
    'About C1'
    """
    return _PLACE.sub(lambda match: str(values.get(match[1]) or ""), text or "")


def required_elements(kind: str, has_points: bool, has_external: bool) -> tuple[str, ...]:
    """What a letter must show.

    :param has_points: the complaint has points; a final response addresses all of them
    :param has_external: there is a body outside the company that the customer may turn to
    """
    required = REQUIRED[kind]
    if has_points and kind == "final":
        required += ("points",)
    return required + (("external",) if has_external else ())


def missing_elements(body: str, required) -> list[str]:
    """Required elements that a letter does not show, or shows empty, in the given order.

    >>> missing_elements('<p><span class="o_complaint_number">C1</span></p>', ["number", "reasons"])
    ['reasons']
    >>> missing_elements('<p><span class="o_complaint_number"> </span></p>', ["number"])
    ['number']
    """
    if not (body or "").strip():
        return list(required)
    root = html.fragment_fromstring(body, create_parent="div")
    shown = {
        name.removeprefix(_CLASS)
        for node in root.iter()
        if isinstance(node.tag, str)
        for name in (node.get("class") or "").split()
        if name.startswith(_CLASS) and node.text_content().strip()
    }
    return [name for name in required if name not in shown]
