from . import (
    crm_complaint,
    crm_complaint_category,
    crm_complaint_mail,
    crm_complaint_stage,
    crm_complaint_workflow,
    crm_team,
    crm_timeline,
    res_company,
    res_config_settings,
    res_partner,
)
