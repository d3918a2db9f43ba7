from . import (
    crm_customer_group_add,
    crm_exchange_export,
    crm_partner_group_override,
    crm_partner_relation_add,
)
