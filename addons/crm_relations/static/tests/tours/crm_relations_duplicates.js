import { registry } from "@web/core/registry";

/** A customer is entered a second time: seen while typing, and the first one used instead. */
registry.category("web_tour.tours").add("crm_relations_duplicates", {
    steps: () => [
        {
            content: "the name, in another order and without marks",
            trigger: ".o_field_widget[name=name] textarea, .o_field_widget[name=name] input",
            run: "edit Popescu Ion",
        },
        {
            content: "on to the next field",
            trigger: ".o_field_widget[name=email] input",
            run: "click",
        },
        {
            content: "seen, with the reason",
            trigger: ".o_crm_duplicate:contains(Ion Popescu):contains(same name)",
        },
        {
            content: "use this one",
            trigger: ".o_crm_duplicate:contains(Ion Popescu) .o_crm_duplicate_open",
            run: "click",
        },
        {
            trigger: ".o_breadcrumb:contains(Ion Popescu)",
        },
        {
            trigger: "body:not(:has(.o_crm_duplicate))",
        },
    ],
});
