"""Who may do what: the page docs/access.md, read from a database with the whole suite installed."""

from pathlib import Path

from odoo.tests.common import new_test_user

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "access.md"
OPERATIONS = {"read": "R", "write": "W", "create": "C", "unlink": "D"}
# Roles of Odoo that meet our documents; our own groups are read from the database.
STOCK_ROLES = (
    "base.group_public", "base.group_portal", "base.group_user", "sales_team.group_sale_salesman",
    "account.group_account_invoice", "project.group_project_user",
)

HEADER = """\
# Who may do what

Made from the database with the whole suite installed; a test compares this page with it. R read, W change, C create,
D delete. A role has what its group implies; roles that are not named may do nothing. The letters say what is possible
at all; the conditions under each table narrow it to records: of the conditions for one's groups one has to hold, those
for *everybody* have to hold always.
"""


def our_addons():
    return sorted(path.parent.name for path in (ROOT / "addons").glob("*/__manifest__.py"))


def roles(env):
    """External IDs of the groups that a table has a line for, the suite's own last."""
    data = env["ir.model.data"].search([("model", "=", "res.groups"), ("module", "in", our_addons())])
    return [*STOCK_ROLES, *sorted(data.mapped("complete_name"))]


def models(env):
    """Models with a table or view of their own that an addon of the suite declares: ``{addon: [model name]}``."""
    found = {}
    data = env["ir.model.data"].search([("model", "=", "ir.model"), ("module", "in", our_addons())])
    owners = {}
    for record in data.sorted("id"):
        owners.setdefault(record.res_id, record.module)
    for model in env["ir.model"].browse(owners).exists().sorted("model"):
        if model.model in env and not env[model.model]._abstract and env[model.model]._original_module in our_addons():
            found.setdefault(env[model.model]._original_module, []).append(model.model)
    return found


def letters(env, name, user):
    """What `user` may do with the model at all, for example ``RWC``."""
    model = env[name].with_user(user)
    return "".join(sign for operation, sign in OPERATIONS.items() if model.has_access(operation)) or "-"


def conditions(env, name):
    """Lines that say how record rules narrow a model."""
    rules = env["ir.rule"].search([("model_id.model", "=", name)])
    for rule in rules.sorted(lambda rule: (bool(rule.groups), rule.id)):
        who = ", ".join(sorted(rule.groups.mapped("full_name"))) or "everybody"
        signs = "".join(sign for operation, sign in OPERATIONS.items() if rule[f"perm_{operation}"])
        domain = " ".join((rule.domain_force or "[]").split())
        yield f"  - {who} ({signs}): `{domain}`"


def page(env):
    """The whole page as Markdown; creates one user per role in the running transaction."""
    users = {role: new_test_user(env, f"role_{number}", groups=role) for number, role in enumerate(roles(env))}
    lines = [HEADER]
    for addon, names in sorted(models(env).items()):
        lines.append(f"## {addon}\n")
        for name in names:
            by_letters = {}
            for role, user in users.items():
                by_letters.setdefault(letters(env, name, user), []).append(role)
            lines.append(f"**{env[name]._description}** (`{name}`)\n")
            if set(by_letters) == {"-"}:
                lines.append("Only by the system itself.\n")
                continue
            lines += ["| may | role |", "|---|---|"]
            by_letters.pop("-", None)
            lines += [f"| {signs} | {', '.join(group)} |" for signs, group in sorted(by_letters.items())]
            rules = list(conditions(env, name))
            lines += [*(["\nOnly:\n", *rules] if rules else []), ""]
    return "\n".join(lines).rstrip() + "\n"
