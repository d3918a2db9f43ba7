{
    "name": "Customer Relations - Email Marketing",
    "summary": "Mailings keep to the rules of contact",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "CRM Suite contributors",
    "license": "LGPL-3",
    "depends": [
        "crm_relations",
        "mass_mailing",
    ],
    "data": [
        "views/mailing_mailing_views.xml",
        "views/crm_customer_group_views.xml",
    ],
    "auto_install": True,
}
