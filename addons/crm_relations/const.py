"""Fixed vocabularies shared by the models of this addon."""

PREFETCH = "crm_relations"
"""Group of our columns on customers: core, which reads whole rows whenever one field is asked for, leaves them out."""

OF_CUSTOMER = [("partner_id", "!=", False)]
"""Domain of the lists of a customer's documents that follow the company the customer belongs to.

It leaves out nothing: the ORM reads lists without a domain to learn which documents follow a customer, also those of
an empty form, where each costs the search for defaults. With one, it asks the database for those that there are.
"""

CHANNELS = [
    ("phone", "Phone"),
    ("email", "E-mail"),
    ("sms", "SMS"),
    ("letter", "Letter"),
    ("fax", "Fax"),
    ("visit", "Visit"),
    ("meeting", "Meeting"),
    ("event", "Event"),
    ("web", "Web form"),
    ("chat", "Chat"),
    ("social", "Social network"),
    ("pos", "Point of sale"),
    ("other", "Other"),
]

DIRECTIONS = [
    ("in", "Customer contacted us"),
    ("out", "We contacted the customer"),
]

KINDS = [
    ("promotion", "Promotional offer"),
    ("letter", "Letter"),
    ("call", "Call"),
    ("visit", "Personal visit"),
]

RESULTS = [
    ("reached", "Reached"),
    ("partial", "Partly"),
    ("failed", "Not reached"),
    ("no_answer", "No answer"),
]

STATES = [
    ("planned", "Planned"),
    ("done", "Done"),
    ("cancelled", "Cancelled"),
]

NEED_STATES = [
    ("open", "Open"),
    ("met", "Met"),
    ("lapsed", "Lapsed"),
    ("lost", "Lost"),
]

NEED_SOURCES = [
    ("asked", "Asked for"),
    ("expected", "Expected"),
    ("observed", "Observed"),
]

REQUIREMENTS = [
    ("general", "General"),
    ("specific", "Specific"),
]

STABILITIES = [
    ("uniform", "Uniform"),
    ("variable", "Variable"),
]

PRIORITIES = [
    ("0", "Normal"),
    ("1", "Medium"),
    ("2", "High"),
    ("3", "Very high"),
]

CUSTOMER_GROUPS = [
    ("I", "I: general, uniform"),
    ("II", "II: general, variable"),
    ("III", "III: specific, uniform"),
    ("IV", "IV: specific, variable"),
]

GROUP_KINDS = [
    ("static", "Chosen one by one"),
    ("dynamic", "By a condition"),
]

PARTY_KINDS = [
    ("citizen", "Citizen"),
    ("business", "Business"),
    ("public", "Public institution"),
]

ALERT_STATES = [
    ("open", "Open"),
    ("dismissed", "Dismissed"),
    ("closed", "Over"),
]

SEVERITIES = [
    ("info", "To know"),
    ("warning", "To do"),
    ("danger", "Urgent"),
]

ASSIGNEES = [
    ("responsible", "Who is responsible for the customer"),
    ("user", "One user"),
]

# where an interaction comes from: of this database, so not exchanged with others
INTERACTION_ORIGIN = ("attachment_ids", "meeting_id", "message_id", "origin_key", "template_id")

# timeline slots of this addon: part of the identifiers of entries, never renumbered
SLOT_INTERACTION = 1
SLOT_MEETING = 2
SLOT_MESSAGE_PARTNER = 3
SLOT_ACTIVITY = 4
SLOT_LEAD = 5
SLOT_MESSAGE_LEAD = 6
SLOT_CONSENT = 8
SLOT_NEED = 9

PURPOSES = [
    ("service", "Service and contract"),
    ("sales", "Sales"),
    ("marketing", "Advertising"),
]

NO_CONTACT = [
    ("free", "May be contacted"),
    ("marketing", "No advertising"),
    ("all", "No contact at all"),
]

RULE_CONDITIONS = [
    ("no_contact", "The customer does not want to be contacted"),
    ("channel", "Not a channel that the customer prefers"),
    ("hours", "Outside the customer's hours"),
    ("quiet", "During quiet hours"),
    ("wish", "More often than the customer wants"),
    ("cap", "More often than we allow ourselves"),
    ("excluded", "The address or number is on an exclusion list"),
    ("consent", "No consent to the purpose"),
    ("always", "Any contact with these customers"),
]

RULE_EFFECTS = [
    ("warn", "Warn"),
    ("refuse", "Refuse"),
]

DECISION_EFFECTS = [
    ("warn", "Warned"),
    ("refuse", "Refused"),
    ("override", "Overridden"),
    ("breach", "Took place all the same"),
]

WINDOW_DAYS = [
    ("all", "Every day"),
    ("workdays", "Monday to Friday"),
    ("weekend", "Saturday and Sunday"),
    ("0", "Monday"),
    ("1", "Tuesday"),
    ("2", "Wednesday"),
    ("3", "Thursday"),
    ("4", "Friday"),
    ("5", "Saturday"),
    ("6", "Sunday"),
]

LAWFUL_BASES = [
    ("consent", "Consent"),
    ("legitimate_interest", "Legitimate interest (may be objected to)"),
    ("contract", "Contract"),
    ("legal_obligation", "Legal obligation"),
]

CUSTOMER_BASES = {"consent", "legitimate_interest"}
"""Lawful bases on which the customer has a say."""

CONSENT_STATES = [
    ("given", "Given"),
    ("withdrawn", "Withdrawn"),
    ("soft", "Soft opt-in"),
]

CONSENT_SOURCES = [
    ("person", "In person"),
    ("phone", "By phone"),
    ("paper", "Paper form"),
    ("email", "E-mail"),
    ("web", "Web form"),
    ("portal", "Portal"),
    ("link", "Secret link"),
    ("sale", "Sale"),
    ("import", "Import"),
]

PRIVACY_KINDS = [
    ("access", "Copy of the data"),
    ("rectification", "Correction"),
    ("erasure", "Erasure"),
    ("restriction", "Restriction"),
    ("objection", "Objection"),
]

PRIVACY_STATES = [
    ("new", "Identity to check"),
    ("open", "To answer"),
    ("done", "Answered"),
    ("refused", "Refused"),
    ("withdrawn", "Withdrawn"),
]

PRIVACY_READERS = "crm_relations.group_user,crm_relations.group_auditor,crm_relations.group_privacy"
"""Who reads of a legal hold and of the requests of a person."""

PRIVACY_OPEN = ("new", "open")

PRIVACY_SOURCES = [
    ("email", "E-mail"),
    ("paper", "Letter"),
    ("phone", "By phone"),
    ("person", "In person"),
    ("portal", "Portal"),
]

IDENTITY_METHODS = [
    ("portal", "Signed in to the portal"),
    ("known", "Answered from the address or number that we know"),
    ("person", "Known in person"),
    ("document", "Showed a document"),
    ("questions", "Answered questions that only they can answer"),
]

PRIVACY_DELIVERIES = [
    ("email", "With the mail"),
    ("hand", "Handed over or sent otherwise"),
]

PRIVACY_COPY_DAYS = 30
"""How long the copy made for a person is kept after the answer."""
