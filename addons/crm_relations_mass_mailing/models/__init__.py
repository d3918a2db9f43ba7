from . import mail_compose_message, mail_mail, mailing_mailing
