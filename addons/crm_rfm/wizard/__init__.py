from . import base_partner_merge, crm_rfm_setup, crm_rfm_setup_line
