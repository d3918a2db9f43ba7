"""The dependency direction of the suite, read from the files: arrows go down only.

Checked per addon: manifest, Python imports, model names in `env["..."]`, `_inherit`, comodels, and XML ids.
"""
import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ADDONS = ROOT / "addons"

# What each core addon may depend on in stock Odoo; the glue addons name both their sides.
STOCK = {
    "crm_relations": {"crm", "privacy_lookup"},
    "crm_complaints": {"portal", "rating", "product"},
    "crm_rfm": {"sale"},
    "crm_erp_bridge": {"sale_crm", "sale_management", "sale_project", "sale_timesheet", "hr_skills"},
}
OURS = {
    "crm_relations": set(),
    "crm_complaints": {"crm_relations"},
    "crm_rfm": {"crm_relations"},
    "crm_erp_bridge": {"crm_complaints", "crm_rfm"},
}


def addons():
    return sorted(path.parent.name for path in ADDONS.glob("*/__manifest__.py"))


@cache
def manifest(addon):
    return ast.literal_eval((ADDONS / addon / "__manifest__.py").read_text())


@cache
def below(addon):
    """The addons of the suite that `addon` may name: itself and what its manifest reaches."""
    names = {addon}
    for name in manifest(addon)["depends"]:
        if (ADDONS / name).exists():
            names |= below(name)
    return names


@cache
def trees(addon):
    return {path: ast.parse(path.read_text()) for path in (ADDONS / addon).rglob("*.py")
            if "tests" not in path.parts}


@cache
def model_owners():
    """Model name -> the addon that declares it by `_name` without inheriting it."""
    owners = {}
    for addon in addons():
        for tree in trees(addon).values():
            for node in ast.walk(tree):
                if isinstance(node, ast.ClassDef):
                    values = class_attributes(node)
                    name = values.get("_name")
                    if name and name not in (values.get("_inherit") or ()):
                        owners[name] = addon
    return owners


def class_attributes(node):
    values = {}
    for statement in node.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            try:
                values[statement.targets[0].id] = ast.literal_eval(statement.value)
            except ValueError:
                continue
    return values


def strings(tree):
    return (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))


@pytest.mark.parametrize("addon", addons())
def test_manifest_depends_downwards(addon):
    depends = set(manifest(addon)["depends"])
    ours = {name for name in depends if (ADDONS / name).exists()}
    if addon in OURS:
        assert ours == OURS[addon]
        assert depends - ours == STOCK[addon]
    else:  # a glue addon: one of ours and one of Odoo's, installed by itself
        assert ours
        assert depends - ours
        assert manifest(addon)["auto_install"]
    assert manifest(addon)["license"] == "LGPL-3"
    assert manifest(addon)["version"].startswith("19.0.")


@pytest.mark.parametrize("addon", addons())
def test_imports_go_downwards(addon):
    for path, tree in trees(addon).items():
        for node in ast.walk(tree):
            modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else (
                [alias.name for alias in node.names] if isinstance(node, ast.Import) else [])
            for module in modules:
                match = re.match(r"odoo\.addons\.(\w+)", module)
                if match and (ADDONS / match[1]).exists():
                    assert match[1] in below(addon), f"{path} imports {module}"


@pytest.mark.parametrize("addon", addons())
def test_model_names_go_downwards(addon):
    """A string that is the name of a model of ours: `env[...]`, `_inherit`, comodel, related model."""
    for path, tree in trees(addon).items():
        for text in strings(tree):
            owner = model_owners().get(text)
            assert owner is None or owner in below(addon), f"{path} names {text} of {owner}"


@pytest.mark.parametrize("addon", addons())
def test_xml_references_go_downwards(addon):
    for path in [*(ADDONS / addon).rglob("*.xml"), *(ADDONS / addon).rglob("*.csv")]:
        if "tests" in path.parts:
            continue
        text = path.read_text()
        for name in re.findall(r"\b(crm_\w+)\.\w+", text):
            if (ADDONS / name).exists():
                assert name in below(addon), f"{path} refers to {name}"
        for model in re.findall(r"\b(crm(?:\.\w+)+)\b", text):
            owner = model_owners().get(model)
            assert owner is None or owner in below(addon), f"{path} names {model} of {owner}"


def test_model_file_is_named_after_its_model():
    for addon in addons():
        for path, tree in trees(addon).items():
            if path.parent.name != "models" or path.name == "__init__.py":
                continue
            classes = [class_attributes(node) for node in tree.body if isinstance(node, ast.ClassDef)]
            names = {values.get("_name") or values.get("_inherit") for values in classes} - {None}
            names = {name for name in names if isinstance(name, str)}
            assert len(names) <= 1, f"{path} holds {sorted(names)}"


def test_no_path_of_a_machine_and_no_registry_host():
    """Nothing in the repository names a package registry's host or a folder of one machine."""
    registries = re.compile("|".join([
        r"pypi" + r"\.org", r"files\.python" + r"hosted", r"registry\.npm" + r"js", r"npm" + r"js\.com",
        r"deb\.debian" + r"\.org", r"archive\.ubuntu" + r"\.com", r"snapshot\.debian",
    ]))
    for path in ROOT.rglob("*"):
        relative = path.relative_to(ROOT)
        if relative.parts[0] in (".git", ".local") or "__pycache__" in relative.parts or not path.is_file():
            continue
        if path.suffix in (".png", ".ico", ".gif", ".woff2", ".pyc"):
            continue
        found = registries.search(path.read_text(errors="replace"))
        assert not found, f"{relative} names {found[0]}"
