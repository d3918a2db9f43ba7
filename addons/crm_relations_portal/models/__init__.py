from . import crm_consent_confirmation, crm_consent_purpose, crm_privacy_request, res_partner
