import { registry } from "@web/core/registry";

/** The agent compares and proposes; a colleague approves and carries it out; the accountant posts the credit note. */
registry.category("web_tour.tours").add("crm_erp_bridge_remedy_propose", {
    steps: () => [
        { content: "which invoice", trigger: "button[name='action_choose_document']", run: "click" },
        {
            content: "the customer's invoices and orders, not yet credited",
            trigger: ".modal .o_data_row:contains('INV/'):contains('690') button[name='action_choose']",
            run: "click",
        },
        { content: "it is known now", trigger: ".o_field_widget[name='crm_invoice_id']:contains('INV/')" },
        { content: "remedies", trigger: ".o_notebook .nav-link[name='remedies']", run: "click" },
        { content: "what would each cost", trigger: "button[name='action_compare_remedies']", run: "click" },
        { content: "worth 115", trigger: ".modal .o_field_widget[name='amount'] input", run: "edit 115" },
        { content: "say why", trigger: ".modal .o_field_widget[name='reason'] input", run: "edit Wrong row pruned" },
        {
            content: "a credit note costs it without the tax",
            trigger: ".modal .o_data_row:contains('Credit Note'):contains('100.00'):contains('260.00')",
        },
        {
            content: "propose it",
            trigger: ".modal .o_data_row:contains('Credit Note') button[name='action_propose']",
            run: "click",
        },
        {
            content: "it is proposed, and not to be approved by the proposer",
            trigger: ".o_form_view .alert-warning:contains('proposed by you')",
        },
        { content: "with its cost", trigger: ".o_form_view .o_field_widget[name='own_cost']:contains('100.00')" },
    ],
});

registry.category("web_tour.tours").add("crm_erp_bridge_remedy_approve", {
    steps: () => [
        { content: "the remedy waits", trigger: ".o_data_row .o_data_cell:contains('Wrong row pruned')", run: "click" },
        { content: "its cost before deciding", trigger: ".o_field_widget[name='margin_after']:contains('260.00')" },
        { content: "approve", trigger: ".o_form_statusbar button[name='action_approve']", run: "click" },
        {
            content: "approved",
            trigger: ".o_statusbar_status button.o_arrow_button_current:contains('Approved')",
        },
        { content: "carry out", trigger: ".o_form_statusbar button[name='action_execute']", run: "click" },
        { content: "a draft for the accountant", trigger: ".alert-info:contains('is still a draft')" },
    ],
});

registry.category("web_tour.tours").add("crm_erp_bridge_remedy_post", {
    steps: () => [
        {
            content: "the accountant sees what it settles",
            trigger: ".o_field_widget[name='crm_complaint_id']:contains('CMP/')",
        },
        { content: "and posts it", trigger: "button[name='action_post']:visible", run: "click" },
        { content: "posted", trigger: ".o_statusbar_status:contains('Posted')" },
    ],
});
