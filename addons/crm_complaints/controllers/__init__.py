from . import forms, portal, portal_answer
from . import charter, portal
