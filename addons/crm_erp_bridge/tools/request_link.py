"""Orders and tasks of a request are made by its plan: confirming the one and ending the other ends a step of it."""

from odoo.exceptions import UserError


def refuse_request(model, vals):
    """
    :raises UserError: when somebody, and not the plan, says of which request a document is
    """
    # a new document may say that it is of none
    if "crm_request_id" in vals and (vals["crm_request_id"] or model) and not model.env.su:
        raise UserError(model.env._("Orders and tasks of a request are made by its plan, and linked to it by nobody."))
