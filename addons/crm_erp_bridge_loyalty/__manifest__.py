{
    "name": "CRM ERP Bridge - Vouchers",
    "summary": "Vouchers of complaints as gift cards",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "CRM Suite contributors",
    "license": "LGPL-3",
    "depends": [
        "crm_erp_bridge",
        "sale_loyalty",
    ],
    "data": [
        "views/res_config_settings_views.xml",
    ],
    "auto_install": True,
}
