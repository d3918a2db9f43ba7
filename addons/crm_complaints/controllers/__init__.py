from . import charter, portal
