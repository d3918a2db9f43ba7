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


@pytest.mark.parametrize("addon", ADDONS, ids=lambda path: path.name)
def test_each_sudo_has_its_reason(addon):
    """Where rights are left aside, the function says why: in a comment or in what it says of itself."""
    without = []
    for path in sorted(addon.rglob("*.py")):
        text = path.read_text()
        if "tests" in path.parts or ".sudo()" not in text:
            continue
        lines = text.splitlines()
        functions = [(node.lineno, node.end_lineno) for node in ast.walk(ast.parse(text))
                     if isinstance(node, ast.FunctionDef)]
        for number, line in enumerate(lines, 1):
            if ".sudo()" not in line:
                continue
            first, last = max(((start, end) for start, end in functions if start <= number <= end),
                              default=(number - 4, number))
            said = "\n".join(lines[max(first - 1, 0):last]).replace(".sudo()", "")
            if "sudo" not in said and "superuser" not in said:
                without.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
    assert not without, "\n".join(without)
