"""Vocabularies of the complaint: codes are stored, labels are translated.

Labels are plain strings here: Odoo exports the labels of a selection field
from the field itself.
"""

CHANNELS = [
    ("phone", "Phone"),
    ("email", "E-mail"),
    ("letter", "Letter"),
    ("in_person", "In Person"),
    ("portal", "Customer Portal"),
    ("web", "Web Form"),
    ("chat", "Chat"),
    ("social", "Social Network"),
    ("sms", "SMS"),
    ("fax", "Fax"),
    ("pos", "Point of Sale"),
    ("other", "Other"),
]

PHASES = [
    ("received", "Received"),
    ("acknowledged", "Acknowledged"),
    ("assessed", "Assessed"),
    ("investigation", "In Investigation"),
    ("response", "Response Proposed"),
    ("closed", "Closed"),
]

OUTCOMES = [
    ("settled", "Settled"),
    ("rejected", "Rejected"),
    ("withdrawn", "Withdrawn"),
]

DECISIONS = [
    ("upheld", "Upheld"),
    ("partly", "Partly Upheld"),
    ("not_upheld", "Not Upheld"),
]

SEVERITIES = [
    ("1_minor", "Minor"),
    ("2_moderate", "Moderate"),
    ("3_major", "Major"),
    ("4_critical", "Critical"),
]

PRIORITIES = [
    ("0", "Low"),
    ("1", "Medium"),
    ("2", "High"),
    ("3", "Very High"),
]
