from . import (
    crm_complaint_acknowledge,
    crm_complaint_clock_extend,
    crm_complaint_close,
    crm_complaint_merge,
    crm_complaint_reopen,
    crm_complaint_split,
    crm_complaint_review,
)
