from . import website_complaint
