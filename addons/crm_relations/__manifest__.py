{
    "name": "Customer Relations",
    "summary": "Every customer, every contact, one timeline",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "CRM Suite contributors",
    "license": "LGPL-3",
    "depends": [
        "crm",
        "privacy_lookup",
    ],
    "data": [
        "security/crm_relations_groups.xml",
        "security/ir.model.access.csv",
        "security/crm_interaction_security.xml",
        "security/crm_partner_duplicate_security.xml",
        "security/crm_exchange_security.xml",
        "security/crm_timeline_security.xml",
        "data/crm_legal_form_data.xml",
        "data/crm_partner_key_data.xml",
        "data/crm_exchange_data.xml",
        "views/crm_interaction_views.xml",
        "views/crm_lead_views.xml",
        "views/crm_timeline_views.xml",
        "views/res_partner_views.xml",
        "views/res_partner_360_views.xml",
        "views/res_partner_duplicates_views.xml",
        "views/crm_relations_menus.xml",
        "views/crm_partner_duplicate_views.xml",
        "views/crm_exchange_views.xml",
    ],
    "demo": [
        "demo/res_partner_demo.xml",
        "demo/crm_interaction_demo.xml",
        "demo/crm_customers_demo.xml",
    ],
    "assets": {
        "web.assets_backend": [
            "crm_relations/static/src/**/*",
        ],
        "web.assets_unit_tests": [
            "crm_relations/static/tests/unit/**/*",
        ],
        "web.assets_tests": [
            "crm_relations/static/tests/tours/**/*",
        ],
    },
    "application": True,
}
