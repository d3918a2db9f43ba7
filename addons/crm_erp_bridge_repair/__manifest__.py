{
    "name": "CRM ERP Bridge - Repairs",
    "summary": "Repairs of complaints as repair orders",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "CRM Suite contributors",
    "license": "LGPL-3",
    "depends": [
        "crm_erp_bridge_stock",
        "repair",
    ],
    "data": [
        "views/repair_order_views.xml",
    ],
    "auto_install": True,
}
