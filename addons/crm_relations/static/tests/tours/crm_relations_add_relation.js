import { registry } from "@web/core/registry";

const PAGE = [
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
];

const DONE = [
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
];

// The customer is a child of Ion Popescu: said from the child's end, stored once; the picture shows the new neighbour.
registry.category("web_tour.tours").add("crm_relations_add_relation", {
    steps: () => [
        ...PAGE,
        {
            content: "in the words of this end",
            trigger: ".modal .o_field_widget[name=label_id] input",
            run: "edit is child of",
        },
        {
            trigger: ".dropdown-item:contains(is child of)",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=other_partner_id] input",
            run: "edit Ion Popescu",
        },
        {
            trigger: ".dropdown-item:contains(Ion Popescu)",
            run: "click",
        },
        ...DONE,
    ],
});

// On a phone both are chosen from a page of cards.
registry.category("web_tour.tours").add("crm_relations_add_relation_phone", {
    steps: () => [
        ...PAGE,
        {
            content: "in the words of this end",
            trigger: ".modal .o_field_widget[name=label_id] input",
            run: "click",
        },
        {
            trigger: ".modal .o_kanban_record:contains(is child of)",
            run: "click",
        },
        {
            trigger: ".modal:not(:has(.o_kanban_renderer)) .o_field_widget[name=other_partner_id] input",
            run: "click",
        },
        {
            trigger: ".modal .o_kanban_record:contains(Ion Popescu)",
            run: "click",
        },
        ...DONE,
    ],
});
