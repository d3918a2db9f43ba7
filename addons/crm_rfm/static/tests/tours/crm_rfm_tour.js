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

// Opened on the overview: from a cell of the map to the customers in it.
registry.category("web_tour.tours").add("crm_rfm_overview", {
    steps: () => [
        {
            content: "The map shows customers and money",
            trigger: ".o_crm_rfm_overview button[data-map='5-4']",
            run: "click",
        },
        {
            content: "The customer of the cell",
            trigger: ".o_data_cell[name=partner_id]:contains('Tour Champion'), .o_kanban_record:contains('Tour Champion')",
        },
    ],
});

// Opened on the movements between two snapshots: from a number to who moved and why.
registry.category("web_tour.tours").add("crm_rfm_migration", {
    steps: () => [
        {
            content: "What follows if they repeat",
            trigger: ".o_crm_rfm_migration .o_crm_rfm_outlook tbody tr",
        },
        {
            content: "Open a movement to the better",
            trigger: ".o_crm_rfm_migration button.text-bg-success",
            run: "click",
        },
        {
            content: "Who moved, and why",
            trigger: ".o_data_cell[name=reason]:contains('F 1 → '), .o_kanban_record:contains('F 1 → ')",
        },
    ],
});

// Opened on the form of an action in draft: start it, see the call list.
registry.category("web_tour.tours").add("crm_rfm_action", {
    steps: () => [
        {
            content: "Start",
            trigger: "button[name=action_start]",
            run: "click",
        },
        {
            content: "It runs",
            trigger: ".o_arrow_button_current:contains('Running'), .o_statusbar_status button:contains('Running')",
        },
        {
            content: "Open the customers who entered",
            trigger: "button[name=action_open_call_list], .o-form-buttonbox .o_button_more",
            run: "click",
        },
        {
            content: "Call list, on the phone behind More",
            trigger: ".o_data_cell[name=partner_id]:contains('Tour'), .o_kanban_record:contains('Tour'), button[name=action_open_call_list]",
        },
    ],
});

// Opened on a quotation of a customer for whom a product is due: add it by one click.
registry.category("web_tour.tours").add("crm_rfm_proposals", {
    steps: () => [
        {
            content: "The proposal says why",
            trigger: ".o_crm_rfm_proposal:contains('usually every 10 days')",
        },
        {
            content: "Add it",
            trigger: ".o_crm_rfm_proposal:contains('Product 2') button:contains('Add')",
            run: "click",
        },
        {
            content: "The line is there",
            trigger: ".o_field_widget[name=order_line]:contains('Product 2')",
        },
        {
            content: "It is not proposed any more",
            trigger: ".o_crm_rfm_proposals[aria-busy=false]:not(:visible):not(:has(.o_crm_rfm_proposal:contains('Product 2')))",
        },
    ],
});

// Opened on the retention: from a number of a cohort to the customers in it.
registry.category("web_tour.tours").add("crm_rfm_retention", {
    steps: () => [
        {
            content: "Costs are shown to who may see all customers",
            trigger: ".o_crm_rfm_retention .o_crm_rfm_costs tbody tr",
        },
        {
            content: "Count by month",
            trigger: ".o_crm_rfm_retention select[name=unit]",
            run: "select month",
        },
        {
            content: "Open who bought in the eleventh month after January",
            trigger: ".o_crm_rfm_retention button[data-cohort='2024-01+11']",
            run: "click",
        },
        {
            content: "The customer of the number",
            trigger: ".o_data_cell[name=partner_id]:contains('Tour Champion'), .o_kanban_record:contains('Tour Champion')",
        },
    ],
});
