"""Fixed vocabularies of the contact centre."""

CALL_STATES = [
    ("queued", "Waiting"),
    ("ringing", "Ringing"),
    ("answered", "In Conversation"),
    ("ended", "Ended"),
    ("lost", "Lost"),
    ("missed", "Not Reached"),
    ("cancelled", "Cancelled"),
]

CALL_DIRECTIONS = [
    ("in", "Incoming"),
    ("out", "Outgoing"),
]

OPERATOR_STATES = [
    ("available", "Available"),
    ("on_call", "On a Call"),
    ("wrap_up", "Wrap-up"),
    ("break", "Break"),
    ("offline", "Offline"),
]

CALLBACK_STATES = [
    ("waiting", "Waiting"),
    ("done", "Reached"),
    ("failed", "Not Reached"),
    ("expired", "Too Late"),
    ("cancelled", "Cancelled"),
]

CALLBACK_SOURCES = [
    ("lost", "Lost call"),
    ("agent", "Asked on the phone"),
    ("portal", "Portal"),
    ("website", "Website"),
]

EVENT_TYPES = [
    ("queued", "Came in"),
    ("ringing", "Rings at an operator"),
    ("returned", "Back to the queue"),
    ("answered", "Answered"),
    ("transferred", "Transferred"),
    ("ended", "Ended"),
    ("lost", "Caller hung up"),
    ("cancelled", "Cancelled"),
]

REASON_KINDS = [
    ("break", "Break of an operator"),
    ("automatic", "Break that begins by itself"),
    ("outcome", "Outcome of a call"),
]

DISTRIBUTIONS = [
    ("auto", "Offered to the operator who is idle longest"),
    ("pull", "Taken by operators"),
]

SKILL_LEVELS = [
    ("1", "Basic"),
    ("2", "Good"),
    ("3", "Expert"),
]

OPEN_STATES = ("queued", "ringing", "answered")
WITH_OPERATOR = ("ringing", "answered")

# timeline slot: part of the identifiers of entries, never renumbered
SLOT_CALL = 13
