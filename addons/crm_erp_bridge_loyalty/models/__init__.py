from . import crm_complaint_remedy
from . import loyalty_card
from . import res_company
from . import res_config_settings
from . import sale_order
