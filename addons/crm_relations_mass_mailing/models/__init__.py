from . import crm_customer_group, mail_compose_message, mail_mail, mailing_mailing, mailing_mailing_groups
