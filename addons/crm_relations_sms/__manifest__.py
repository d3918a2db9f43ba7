{
    "name": "Customer Relations - SMS",
    "summary": "Text messages keep to the rules of contact",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "CRM Suite contributors",
    "license": "LGPL-3",
    "depends": [
        "crm_relations",
        "sms",
    ],
    "data": [
        "views/sms_composer_views.xml",
    ],
    "auto_install": True,
}
