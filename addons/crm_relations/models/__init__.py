from . import (
    base_partner_merge,
    calendar_attendee,
    crm_interaction,
    crm_lead,
    crm_legal_form,
    crm_partner_duplicate,
    crm_partner_key,
    crm_timeline,
    mail_activity,
    mail_message,
    res_partner,
    res_partner_duplicates,
)
