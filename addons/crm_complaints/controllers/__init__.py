from . import charter, forms, portal, portal_answer
