from . import crm_rfm_action, mailing_mailing, res_partner
