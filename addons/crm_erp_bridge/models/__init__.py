from . import crm_order_flow
from . import crm_timeline
from . import account_move
from . import account_payment
from . import crm_lead
from . import project_task
from . import res_partner
from . import sale_order
