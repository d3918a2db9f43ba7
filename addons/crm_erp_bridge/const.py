"""Timeline slots of this addon: part of the identifiers of entries, never renumbered."""

SLOT_ORDER = 30
SLOT_INVOICE = 31
SLOT_PAYMENT = 32
SLOT_TASK = 33
SLOT_TASK_DONE = 34
SLOT_REQUEST = 35
SLOT_CONTRACT = 40

KINDS = [
    ("information", "Information"),
    ("quotation", "Quotation"),
    ("order", "Order"),
    ("service", "Service"),
    ("change", "Change"),
    ("internal", "Internal"),
]
"""What a request is about."""

PHASES = [
    ("new", "New"),
    ("in_progress", "Under Way"),
    ("stuck", "Needs Attention"),
    ("done", "Done"),
    ("cancelled", "Cancelled"),
]

STEP_KINDS = [
    ("quotation", "Make the quotation"),
    ("confirm", "Confirm the order"),
    ("invoice", "Draft the invoice"),
    ("post", "Post the invoice"),
    ("task", "Create a task"),
    ("manual", "A person does it"),
]
"""What a step does; each has a method ``crm.request.step._handle_<kind>``."""

STEP_STATES = [
    ("planned", "Planned"),
    ("started", "At Work"),
    ("done", "Done"),
    ("failed", "Failed"),
    ("skipped", "Skipped"),
    ("replaced", "Replaced"),
    ("cancelled", "Cancelled"),
]

LANES = [("main", "Documents"), ("people", "People"), ("books", "Books")]
"""Which scheduled job carries a step out, so that slow work does not hold up the rest."""

SCREEN = "screen"
"""The source of requests that somebody typed in."""
