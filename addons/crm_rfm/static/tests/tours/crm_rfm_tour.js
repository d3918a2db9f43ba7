import { registry } from "@web/core/registry";

// Opened on the form of a model that has never run: compute it, then go from a cell of
// the grid to the customers in it and to the explanation. Works at any width.
registry.category("web_tour.tours").add("crm_rfm_compute", {
    steps: () => [
        {
            content: "The grid is complete before the first run",
            trigger: ".o_crm_rfm_grid td[data-cell='5-5']",
        },
        {
            content: "Compute",
            trigger: "button[name=action_compute]",
            run: "click",
        },
        {
            content: "The run is reported",
            trigger: ".o_notification:contains('3 customers scored')",
        },
        {
            content: "Open the customers of a cell",
            trigger: ".o_crm_rfm_grid td[data-cell='5-4'] button",
            run: "click",
        },
        {
            content: "Open the customer's score (row of the list, card on the phone)",
            trigger: ".o_data_cell[name=partner_id]:contains('Tour Champion'), .o_kanban_record:contains('Tour Champion')",
            run: "click",
        },
        {
            content: "The score says why",
            trigger: ".o_form_view .o_field_widget[name=explanation]:contains('R=5: last purchase')",
        },
    ],
});

// Opened on the form of a scored customer.
registry.category("web_tour.tours").add("crm_rfm_customer", {
    steps: () => [
        {
            content: "The segment stands beside the tags",
            trigger: "[name=crm_rfm_segment] .badge:contains('Champions')",
        },
        {
            content: "Open the page with the reasons",
            trigger: ".o_notebook a[name=crm_rfm]",
            run: "click",
        },
        {
            content: "The page gives value and reasons",
            trigger: ".o_field_widget[name=rfm_explanation]:contains('make “Champions”')",
        },
    ],
});
