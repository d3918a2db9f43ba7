{
    "name": "Customer Scoring - Dashboards",
    "summary": "A spreadsheet dashboard of segments, their value and who may leave",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "CRM Suite contributors",
    "license": "LGPL-3",
    "depends": [
        "crm_rfm",
        "spreadsheet_dashboard",
    ],
    "data": [
        "data/spreadsheet_dashboard_data.xml",
    ],
    "auto_install": True,
}
