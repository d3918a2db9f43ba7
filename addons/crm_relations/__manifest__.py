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
        "security/crm_timeline_security.xml",
        "views/crm_timeline_views.xml",
        "views/crm_relations_menus.xml",
    ],
    "application": True,
}
