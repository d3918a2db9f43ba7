from . import (
    base_partner_merge,
    calendar_attendee,
    crm_interaction,
    crm_lead,
    crm_timeline,
    mail_activity,
    mail_message,
    res_partner,
)
