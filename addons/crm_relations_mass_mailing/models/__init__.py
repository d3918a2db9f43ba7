from . import (
    crm_customer_group,
    crm_privacy_request,
    mail_compose_message,
    mail_mail,
    mailing_mailing,
    mailing_mailing_groups,
)
