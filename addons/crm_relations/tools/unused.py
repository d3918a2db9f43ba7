from odoo.tools import SQL


def may_be_used(name: str) -> SQL:
    """Condition that a field of customers is not declared as not to be used.

    For statements that the ORM's checks do not see: views of the database, sums over documents. It does not rest on
    any row, so PostgreSQL asks once.

    :param name: of a field of ``res.partner``
    """
    return SQL(
        """NOT EXISTS (SELECT FROM crm_privacy_field d JOIN ir_model_fields u ON u.id = d.field_id
                        WHERE d.active AND u.model = 'res.partner' AND u.name = %s)""",
        name,
    )
