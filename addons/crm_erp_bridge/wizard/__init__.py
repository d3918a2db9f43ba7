from . import crm_lead_create_task
from . import crm_lead_lost
from . import crm_complaint_document
from . import crm_complaint_settle
from . import sale_order_credit_allow
from . import crm_request_import
from . import crm_task_replan
