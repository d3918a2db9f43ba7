{
    "name": "Customer Relations - Portal",
    "summary": "Customers decide themselves what they are contacted for",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "CRM Suite contributors",
    "license": "LGPL-3",
    "depends": [
        "crm_relations",
        "portal",
    ],
    "data": [
        "views/preference_templates.xml",
        "views/res_partner_views.xml",
    ],
    "assets": {
        "web.assets_tests": [
            "crm_relations_portal/static/tests/tours/**/*",
        ],
    },
    "auto_install": True,
}
