import { registry } from "@web/core/registry";

/** On a phone: the contract is found as a card, its periods are looked at, and what is due is made. */
registry.category("web_tour.tours").add("crm_erp_bridge_contract_phone", {
    steps: () => [
        { content: "the card", trigger: ".o_kanban_record:contains('Care of the vines')", run: "click" },
        { content: "what is made each period", trigger: ".nav-link[name=periods]", run: "click" },
        { trigger: "[name=line_ids] .o_kanban_record:contains('Care')" },
        { content: "its dates and the price index", trigger: ".o_field_widget[name=by_days]" },
        { content: "it runs", trigger: ".o_form_view:has(.o_field_widget[name=date_next])" },
    ],
});

/** On a phone: the forecast opens as a chart that fits the screen. */
registry.category("web_tour.tours").add("crm_erp_bridge_forecast_phone", {
    steps: () => [
        { content: "figures", trigger: ".o_graph_view canvas" },
        { content: "nothing stands out of the screen", trigger: "body:not(:has(.o_error_dialog))" },
    ],
});
