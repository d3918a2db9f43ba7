"""Rules on the company of a customer follow Odoo's own on customers: a branch sees those of its company.

The rules are kept when the addon is updated (noupdate), so the databases that have them are changed here; a rule that
an administrator has written anew stays. At the end, when the models of crm_relations_portal are there too.
"""
import re

from odoo import SUPERUSER_ID, api

OLD = re.compile(r"\('((?:\w+_)?partner_id\.company_id)', 'in', company_ids \+ \[False\]\)")
NEW = r"'|', ('\1', 'parent_of', company_ids), ('\1', '=', False)"


def migrate(cr, version):
    env = api.Environment(cr, SUPERUSER_ID, {})
    ours = env["ir.model.data"].search(
        [("module", "in", ("crm_relations", "crm_relations_portal")), ("model", "=", "ir.rule")]
    )
    for rule in env["ir.rule"].browse(ours.mapped("res_id")).exists():
        domain = OLD.sub(NEW, rule.domain_force or "")
        if domain != (rule.domain_force or ""):
            rule.domain_force = domain
