from . import crm_privacy_request, sms_composer, sms_sms
