"""Vocabularies of learning from complaints: causes, remedies, actions, promises. See ``const``."""

REMEDY_KINDS = [
    ("apology", "Letter of Apology"),
    ("credit_note", "Credit Note"),
    ("refund", "Refund"),
    ("discount", "Discount"),
    ("voucher", "Voucher"),
    ("gift", "Gift"),
    ("replacement", "Replacement"),
    ("repair", "Repair"),
    ("return", "Return of Goods"),
]

MANUAL_KINDS = ("apology", "gift")
"""Remedies that somebody carries out by hand and notes here; the others become a document of the ERP."""

MONEY_KINDS = ("credit_note", "refund", "discount", "voucher")
"""Remedies that make no sense without an amount."""

REMEDY_STATES = [
    ("proposed", "Proposed"),
    ("approved", "Approved"),
    ("rejected", "Rejected"),
    ("executing", "In Execution"),
    ("done", "Done"),
    ("failed", "Failed"),
]

REMEDY_PENDING = ("proposed", "approved", "executing", "failed")

VERDICTS = [
    ("worked", "Worked"),
    ("failed", "Did not Work"),
]

ACTION_KINDS = [
    ("corrective", "Corrective"),
    ("preventive", "Preventive"),
]

ACTION_STATES = [
    ("open", "To Do"),
    ("done", "Done, to be Checked"),
    ("effective", "Effective"),
    ("unproven", "No Proven Effect"),
    ("reopened", "Reopened"),
    ("cancelled", "Cancelled"),
]

CHART_RULES = [
    ("beyond", "Outside the limits"),
    ("run", "Eight in a row on one side"),
    ("two_of_three", "Two of three far out"),
    ("four_of_five", "Four of five out"),
    ("trend", "Six in a row up or down"),
]

PROMISE_MEASURES = [
    ("acknowledged", "Acknowledged within"),
    ("responded", "Answered within"),
    ("closed", "Closed within"),
    ("clocks", "Own deadlines kept"),
    ("callbacks", "Promises to customers kept"),
]

PROMISE_UNITS = [
    ("hours", "Hours"),
    ("days", "Days"),
]

PERIODS = [
    ("month", "Month"),
    ("quarter", "Quarter"),
    ("year", "Year"),
]

PARETO_DIMENSIONS = [
    ("cause_id", "Cause"),
    ("cause_id,product_id", "Cause and Product"),
    ("category_id", "Category"),
    ("product_id", "Product"),
    ("lot", "Lot or Document"),
    ("supplier_id", "Supplier"),
    ("department_id", "Responsible Department"),
]
