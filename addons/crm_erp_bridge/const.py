"""Timeline slots of this addon: part of the identifiers of entries, never renumbered."""

SLOT_ORDER = 30
SLOT_INVOICE = 31
SLOT_PAYMENT = 32
SLOT_TASK = 33
SLOT_TASK_DONE = 34
SLOT_CONTRACT = 40
