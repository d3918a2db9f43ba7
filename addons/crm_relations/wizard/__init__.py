from . import (
    crm_call_staffing,
    crm_call_staffing_line,
    crm_customer_group_add,
    crm_exchange_export,
    crm_interaction_bulk,
    crm_interaction_from_meeting,
    crm_interaction_from_number,
    crm_partner_group_override,
    crm_partner_relation_add,
    crm_privacy_request_erase,
    crm_privacy_request_step,
)
