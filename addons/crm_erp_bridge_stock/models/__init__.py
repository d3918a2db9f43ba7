from . import crm_complaint_remedy
from . import crm_order_flow
from . import crm_request_plan
from . import crm_request_step
from . import sale_order_line
from . import sale_order
from . import stock_move
from . import stock_picking
