import { registry } from "@web/core/registry";

// The customer is a child of Ion Popescu: said from the child's end, stored once; the picture shows the new neighbour.
registry.category("web_tour.tours").add("crm_relations_add_relation", {
    steps: () => [
        {
            content: "the page with the relations",
            trigger: ".o_notebook .nav-link:contains(Relations)",
            run: "click",
        },
        {
            content: "the employer is in the picture",
            trigger: ".o_crm_relation_graph .o_crm_relation_node:contains(Vinograd)",
        },
        {
            content: "add one",
            trigger: "button[name=action_crm_add_relation]",
            run: "click",
        },
        {
            content: "in the words of this end",
            trigger: ".modal .o_field_widget[name=label_id] input",
            run: "edit is child of",
        },
        {
            trigger: ".dropdown-item:contains(is child of), .o_kanban_record:contains(is child of)",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=other_partner_id] input",
            run: "edit Ion Popescu",
        },
        {
            trigger: ".dropdown-item:contains(Ion Popescu), .o_kanban_record:contains(Ion Popescu)",
            run: "click",
        },
        {
            content: "the sentence reads as meant",
            trigger: ".modal .o_field_widget[name=sentence]:contains(is child of Ion Popescu)",
        },
        {
            trigger: ".modal button[name=action_add]",
            run: "click",
        },
        {
            content: "both neighbours are drawn",
            trigger: "body:not(:has(.modal)) .o_crm_relation_node:contains(Ion Popescu)",
        },
    ],
});
