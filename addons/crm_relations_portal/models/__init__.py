from . import (
    crm_call_queue,
    crm_callback,
    crm_consent_confirmation,
    crm_consent_purpose,
    crm_privacy_request,
    res_partner,
)
