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

PIECES = frozenset({"C62", "EA", "H87", "NAR", "PC", "PCE", "PCB", "XPP", "ZZ"})
"""UN/ECE codes that say no more than "so many": the unit is that of the product."""

UNITS = {
    "DZN": "uom.product_uom_dozen",
    "HUR": "uom.product_uom_hour",
    "DAY": "uom.product_uom_day",
    "MIN": "uom.product_uom_minute",
    "MMT": "uom.product_uom_millimeter",
    "CMT": "uom.product_uom_cm",
    "MTR": "uom.product_uom_meter",
    "KMT": "uom.product_uom_km",
    "MTK": "uom.product_uom_square_meter",
    "MLT": "uom.product_uom_milliliter",
    "LTR": "uom.product_uom_litre",
    "MTQ": "uom.product_uom_cubic_meter",
    "GRM": "uom.product_uom_gram",
    "KGM": "uom.product_uom_kgm",
    "TNE": "uom.product_uom_ton",
    "ONZ": "uom.product_uom_oz",
    "LBR": "uom.product_uom_lb",
    "INH": "uom.product_uom_inch",
    "FOT": "uom.product_uom_foot",
    "KWH": "uom.product_uom_kwh",
}
"""Units by their UN/ECE codes, as other systems name them."""
