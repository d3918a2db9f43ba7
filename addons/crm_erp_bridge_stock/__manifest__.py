{
    "name": "CRM ERP Bridge - Inventory",
    "summary": "Returns and replacements of complaints, promised and expected deliveries",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "CRM Suite contributors",
    "license": "LGPL-3",
    "depends": [
        "crm_erp_bridge",
        "sale_stock",
    ],
    "data": [
        "views/crm_delivery_views.xml",
    ],
    "auto_install": True,
}
