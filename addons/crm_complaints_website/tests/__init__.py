from . import test_website_complaint
