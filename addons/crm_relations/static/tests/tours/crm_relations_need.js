import { registry } from "@web/core/registry";

/** From the customer's form: a need noted, and one click that makes the opportunity of it. */
registry.category("web_tour.tours").add("crm_relations_need", {
    steps: () => [
        {
            content: "the customer's needs",
            trigger: "button[name=action_crm_needs]",
            run: "click",
        },
        {
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            content: "the customer is filled in",
            trigger: ".o_field_widget[name=partner_id] input:value(Ion Popescu)",
        },
        {
            trigger: ".o_field_widget[name=statement] textarea",
            run: "edit A desk for the home office",
        },
        {
            trigger: ".o_field_widget[name=requirement] input[data-value=specific]",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=stability] input[data-value=variable]",
            run: "click",
        },
        {
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "one click makes the opportunity",
            trigger: ".o_form_saved .o_statusbar_buttons button[name=action_create_lead]",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=name] :value(A desk for the home office)",
        },
    ],
});
