{
    "name": "CRM ERP Bridge - Purchase",
    "summary": "What is bought for an ordered line, when it is expected and why later",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "CRM Suite contributors",
    "license": "LGPL-3",
    "depends": [
        "crm_erp_bridge_stock",
        "sale_purchase_stock",
    ],
    "auto_install": True,
}
