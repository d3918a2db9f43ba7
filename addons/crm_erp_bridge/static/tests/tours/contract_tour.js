import { registry } from "@web/core/registry";

/** A contract is signed, and what is due is made: one order for the period that has begun. */
registry.category("web_tour.tours").add("crm_erp_bridge_contract", {
    steps: () => [
        { content: "what is made each period", trigger: ".nav-link[name=periods]", run: "click" },
        { trigger: "[name=line_ids] .o_data_row:contains('Care')" },
        { content: "signed", trigger: "button[name=action_start]", run: "click" },
        { content: "it runs", trigger: ".o_statusbar_status .o_arrow_button_current:contains('Running')" },
        { content: "make what is due", trigger: "button[name=action_create_due]", run: "click" },
        { content: "the order is in the flow", trigger: ".o_list_view .o_data_row:contains('Vinograd')" },
        { content: "back to the contract", trigger: ".breadcrumb a:contains('Care of the vines'), .o_breadcrumb a:contains('Care of the vines')", run: "click" },
        { content: "with its order", trigger: "button[name=action_open_orders]:contains('1')" },
        { content: "its history is loaded", trigger: ".o-mail-Chatter .o-mail-Message" },
        { content: "nothing is due any more", trigger: ".o_form_view:not(:has(button[name=action_create_due]))" },
    ],
});
