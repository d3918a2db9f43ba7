import { registry } from "@web/core/registry";

/** From what a customer needs to the quotation: the product is proposed, chosen and quoted. */
registry.category("web_tour.tours").add("crm_erp_bridge_need_products", {
    steps: () => [
        {
            content: "the product is proposed, with the reason",
            trigger: ".o_field_widget[name=product_line_ids] :contains(its name: Oak table)",
        },
        {
            isActive: ["desktop"],
            content: "choose it",
            trigger: ".o_field_widget[name=product_line_ids] .o_data_row:contains(Oak table) .o_boolean_toggle input",
            run: "click",
        },
        {
            isActive: ["mobile"],
            trigger: ".o_field_widget[name=product_line_ids] .o_kanban_record:contains(Oak table) .o_boolean_toggle input",
            run: "click",
        },
        {
            isActive: ["desktop"],
            trigger: "button[name=action_create_quotation]",
            run: "click",
        },
        {
            isActive: ["mobile"],
            trigger: ".o_statusbar_buttons button[title=More]",
            run: "click",
        },
        {
            isActive: ["mobile"],
            trigger: ".o-dropdown--menu button[name=action_create_quotation]",
            run: "click",
        },
        {
            content: "the quotation has it",
            trigger: ".o_field_widget[name=order_line] :contains(Oak table)",
        },
    ],
});
