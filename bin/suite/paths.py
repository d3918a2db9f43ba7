"""Where everything lies. One folder, `.local` in the project, holds all that is built or stored."""
import json
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOME = Path(os.environ.get("CRM_SUITE_HOME") or ROOT / ".local").absolute()
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "crm-suite"

ADDONS_DIR = ROOT / "addons"
VENV = HOME / "venv"
PYTHON = VENV / "bin" / "python"
ODOO = HOME / "odoo"
NODE = HOME / "node"
STAMPS = HOME / "stamps"
LOGS = HOME / "log"
REQUIREMENTS = ROOT / "requirements.txt"

# In the order of their dependencies: the one below first.
CORE_ADDONS = ("crm_relations", "crm_complaints", "crm_rfm", "crm_erp_bridge")


def lock_data():
    """The pinned versions and hashes of what is downloaded (bin/platform.lock)."""
    return json.loads((ROOT / "bin" / "platform.lock").read_text())


def addons():
    """Names of all addons of the project, the core four first in the order of their dependencies."""
    found = sorted(path.parent.name for path in ADDONS_DIR.glob("*/__manifest__.py"))
    return [a for a in CORE_ADDONS if a in found] + [a for a in found if a not in CORE_ADDONS]
