from . import crm_order_flow
from . import purchase_order_line
from . import sale_order_line
from . import stock_move
