"""Rules of the house that the files alone show."""
import ast
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ADDONS = sorted(path.parent for path in (ROOT / "addons").glob("*/__manifest__.py"))


@pytest.mark.parametrize("addon", ADDONS, ids=lambda path: path.name)
def test_every_test_file_is_imported_once(addon):
    """Odoo runs what `tests/__init__.py` imports: a forgotten file would never run."""
    imported = Counter(
        alias.name
        for node in ast.walk(ast.parse((addon / "tests" / "__init__.py").read_text()))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name.startswith("test_")
    )
    assert imported == Counter(path.stem for path in (addon / "tests").glob("test_*.py"))
