{
    "name": "Complaints on the Website",
    "summary": "A form for complaints that needs no login",
    "version": "19.0.1.0.0",
    "category": "Services/Complaints",
    "author": "CRM Suite contributors",
    "license": "LGPL-3",
    "depends": [
        "crm_complaints",
        "website",
    ],
    "data": [
        "data/website_menu_data.xml",
        "views/website_complaint_templates.xml",
    ],
    "assets": {
        "web.assets_tests": [
            "crm_complaints_website/static/tests/tours/*.js",
        ],
    },
    "auto_install": True,
}
