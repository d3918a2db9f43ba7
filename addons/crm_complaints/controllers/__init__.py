from . import forms, portal, portal_answer
