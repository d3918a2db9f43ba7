{
    "name": "CRM ERP Bridge - Manufacturing",
    "summary": "What is made for an ordered line, when it is expected and why later",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "CRM Suite contributors",
    "license": "LGPL-3",
    "depends": [
        "crm_erp_bridge_stock",
        "sale_mrp",
    ],
    "auto_install": True,
}
