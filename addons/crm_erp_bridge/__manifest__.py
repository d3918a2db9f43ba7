{
    "name": "CRM ERP Bridge",
    "summary": "From the opportunity to the paid invoice and the finished task",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "CRM Suite contributors",
    "license": "LGPL-3",
    "depends": [
        "crm_complaints",
        "crm_rfm",
        "sale_crm",
        "sale_management",
        "sale_project",
        "sale_timesheet",
        "hr_skills",
    ],
    "data": [
        "security/crm_erp_bridge_groups.xml",
        "security/ir.model.access.csv",
        "security/crm_order_flow_security.xml",
        "security/crm_need_product_security.xml",
        "data/crm_alert_rule_data.xml",
        "wizard/crm_lead_create_task_views.xml",
        "views/crm_order_flow_views.xml",
        "views/crm_lead_views.xml",
        "views/crm_need_views.xml",
        "views/res_partner_views.xml",
        "views/account_move_views.xml",
        "views/project_task_views.xml",
        "views/crm_erp_bridge_menus.xml",
    ],
    "demo": [
        "demo/res_users_demo.xml",
        "demo/order_flow_demo.xml",
    ],
    "assets": {
        "web.assets_backend": [
            "crm_erp_bridge/static/src/**/*",
        ],
        "web.assets_tests": [
            "crm_erp_bridge/static/tests/tours/**/*",
        ],
    },
}
