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

CLOCK_KINDS = [
    ("first_response", "First Response"),
    ("progress", "Progress Update"),
    ("resolution", "Resolution"),
    ("statutory", "Statutory"),
]

CLOCK_UNITS = [
    ("hours", "Working Hours"),
    ("elapsed_hours", "Hours"),
    ("working_days", "Working Days"),
    ("days", "Calendar Days"),
    ("weeks", "Weeks"),
    ("months", "Months"),
]

CLOCK_ROLLS = [
    ("none", "Stays where it is"),
    ("next", "Next working day"),
    ("previous", "Previous working day"),
]

CLOCK_STARTS = [
    ("received", "Receipt of the complaint"),
    ("acknowledged", "Acknowledgement"),
    ("responded", "Answer"),
    ("clock", "Stop of another clock"),
]

CLOCK_STOPS = [
    ("acknowledged", "Acknowledgement"),
    ("contact", "Message to the customer"),
    ("responded", "Answer"),
    ("settled", "The customer accepts"),
    ("closed", "Closing"),
]

CLOCK_STATES = [
    ("running", "Running"),
    ("paused", "Waiting for the Customer"),
    ("met", "In Time"),
    ("late", "Too Late"),
    ("ended", "Ended without Effect"),
]

# in the order in which they happen: the codes are compared
CLOCK_LEVELS = [
    ("1_half", "50 % Used"),
    ("2_three_quarters", "75 % Used"),
    ("3_nine_tenths", "90 % Used"),
    ("4_breach", "Deadline Missed"),
    ("5_lead", "Escalated to the Team Leader"),
    ("6_manager", "Escalated to the Complaints Manager"),
    ("7_head", "Escalated to the Head of the Company"),
]

SECTORS = [
    ("financial", "Financial Services"),
    ("payment", "Payment Services"),
    ("insurance", "Insurance"),
    ("pension", "Pensions"),
    ("housing", "Social Housing"),
    ("utility", "Utilities and Consumer Services"),
    ("privacy", "Data Protection Requests"),
]

LATER = object()
"""In the context while a complaint is made: clocks wait. An object, so that no call from outside brings it."""
