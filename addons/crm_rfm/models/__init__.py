from . import (
    account_move,
    crm_rfm_band,
    crm_rfm_cell,
    crm_rfm_model,
    crm_rfm_model_query,
    crm_rfm_model_run,
    crm_rfm_model_sources,
    crm_rfm_score,
    crm_rfm_segment,
    res_partner,
    res_partner_360,
    sale_order_line,
)
