{
    "name": "Customer Scoring - Email Marketing",
    "summary": "Mailings and mailing lists from an action for a segment",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "CRM Suite contributors",
    "license": "LGPL-3",
    "depends": [
        "crm_rfm",
        "crm_relations_mass_mailing",
        "mass_mailing",
    ],
    "data": [
        "views/crm_rfm_action_views.xml",
    ],
    "auto_install": True,
}
