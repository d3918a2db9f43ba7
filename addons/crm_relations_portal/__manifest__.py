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
        "security/ir.model.access.csv",
        "security/crm_privacy_security.xml",
        "views/preference_templates.xml",
        "views/privacy_templates.xml",
        "views/policy_templates.xml",
        "views/callback_templates.xml",
        "views/crm_call_queue_views.xml",
        "views/crm_consent_confirmation_views.xml",
        "views/res_partner_views.xml",
    ],
    "demo": [
        "demo/crm_call_queue_demo.xml",
    ],
    "assets": {
        "web.assets_frontend": [
            "crm_relations_portal/static/src/**/*",
        ],
        "web.assets_tests": [
            "crm_relations_portal/static/tests/tours/**/*",
        ],
    },
    "auto_install": True,
}
