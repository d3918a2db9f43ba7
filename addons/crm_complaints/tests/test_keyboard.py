from pathlib import Path

from lxml import etree

from odoo.tests import BaseCase, tagged

ADDON = Path(__file__).resolve().parents[1]
TAKEN = {"c", "s", "j", "n", "p", "h", "u"}
"""Odoo's own: new, save, discard, next, previous, home, actions."""


@tagged("post_install", "-at_install", "pure")
class TestKeyboard(BaseCase):
    """What is pressed daily is reached by the keyboard, and takes no key of Odoo's."""

    def _headers(self):
        for folder in ("views", "wizard"):
            for file in sorted((ADDON / folder).glob("*.xml")):
                for header in etree.parse(str(file)).iter("header"):
                    yield file.name, header

    def test_every_button_of_a_header_has_its_key(self):
        found = {
            (name, button.get("name"))
            for name, header in self._headers()
            for button in header.iter("button")
            if not button.get("data-hotkey")
        }
        self.assertEqual(found, set())

    def test_no_key_of_odoo_is_taken(self):
        keys = {
            (file.name, button.get("data-hotkey"))
            for folder in ("views", "wizard")
            for file in (ADDON / folder).glob("*.xml")
            for button in etree.parse(str(file)).iter("button")
            if button.get("data-hotkey") in TAKEN
        }
        self.assertEqual(keys, set())

    def test_one_key_one_meaning_in_a_header(self):
        """The same key twice only where one of the two is hidden."""
        twice = []
        for name, header in self._headers():
            seen = {}
            for button in header.iter("button"):
                key = button.get("data-hotkey")
                if key in seen and not (button.get("invisible") and seen[key]):
                    twice.append((name, key))
                seen[key] = button.get("invisible")
        self.assertEqual(twice, [])
