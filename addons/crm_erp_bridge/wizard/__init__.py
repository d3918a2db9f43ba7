from . import crm_lead_create_task
