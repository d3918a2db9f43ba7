from . import crm_lead_create_task
from . import crm_lead_lost
