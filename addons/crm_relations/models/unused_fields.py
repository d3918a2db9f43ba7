from odoo import fields


class _Declarable:
    """Lists that may be declared as not to be used: they ask before they become a condition, by whatever way.

    A search that passes through a link with the rights of a program joins tables without searching for customers.
    """

    def condition_to_sql(self, field_expr, operator, value, model, alias, query):
        model.env["res.partner"]._crm_check_used([self.name])
        return super().condition_to_sql(field_expr, operator, value, model, alias, query)


class DeclarableMany2many(_Declarable, fields.Many2many):
    """Labels of a customer that may be declared as not to be used."""


class DeclarableOne2many(_Declarable, fields.One2many):
    """Details of a customer that may be declared as not to be used."""
