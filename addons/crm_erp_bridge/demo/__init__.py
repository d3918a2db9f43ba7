from . import order_flow_demo
from . import competition_demo
from . import crm_request_demo
from . import tender_demo
from . import contract_demo
from . import remedy_demo
