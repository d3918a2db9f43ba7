from . import crm_order_flow
from . import mrp_production
from . import stock_move
