from . import sms_composer, sms_sms
