import { registry } from "@web/core/registry";

/**
 * From the customer's form to a logged call: three clicks and one line of text.
 * Works at desktop and at phone width.
 */
registry.category("web_tour.tours").add("crm_relations_log_contact", {
    steps: () => [
        {
            content: "1st click: log a contact",
            trigger: "button[name=action_crm_log_interaction]",
            run: "click",
        },
        {
            content: "phone is chosen already",
            trigger: ".modal .o_field_widget[name=channel] .active:contains(Phone)",
        },
        {
            content: "2nd click: we called",
            trigger: ".modal .o_field_widget[name=direction] input[data-value=out]",
            run: "click",
        },
        {
            content: "what it was about",
            trigger: ".modal .o_field_widget[name=objective] input",
            run: "edit Offer the service contract",
        },
        {
            content: "the result by keyboard: Tab comes here, arrows move, Enter chooses",
            trigger: ".modal .o_field_widget[name=result] .o_selection_badge[tabindex='0']:contains(Reached)",
            run: ({ anchor }) => anchor.focus(),
        },
        {
            trigger: ".modal .o_field_widget[name=result] .o_selection_badge:focus",
            run: "press ArrowRight && press Enter",
        },
        {
            trigger: ".modal .o_field_widget[name=result] .o_selection_badge.active[aria-checked=true]:contains(Partly)",
        },
        {
            content: "3rd click: log",
            trigger: ".modal footer button:contains(Log)",
            run: "click",
        },
        {
            trigger: "body:not(:has(.modal))",
        },
        {
            content: "it is on the timeline",
            trigger: "a[name=crm_timeline]",
            run: "click",
        },
        {
            trigger: ".o_crm_timeline_entry:contains(Offer the service contract)",
        },
        {
            content: "and opens with one click",
            trigger: ".o_crm_timeline_entry:contains(Offer the service contract)",
            run: "click",
        },
        {
            trigger: ".o_form_view .o_field_widget[name=objective] input:value(Offer the service contract)",
        },
    ],
});
