import { registry } from "@web/core/registry";

function tab(name) {
    return {
        content: `open the page ${name}`,
        trigger: `.o_notebook .nav-link[name="${name}"]`,
        run: "click",
    };
}

registry.category("web_tour.tours").add("crm_complaints_take_over_and_propose", {
    steps: () => [
        {
            content: "what is like this stands above the pages",
            trigger: ".o_complaint_similar_toggle:contains(1 experience fits)",
            run: "click",
        },
        {
            content: "it worked before",
            trigger: ".o_complaint_similar_row:contains(Experience) .badge:contains(worked 1)",
        },
        {
            content: "one click takes it over",
            trigger: ".o_complaint_similar_row:contains(Experience) .o_complaint_take_over",
            run: "click",
        },
        {
            content: "the user is told to read it",
            trigger: ".o_notification:contains(Read it before it is sent)",
        },
        tab("decision"),
        {
            content: "the answer is there",
            trigger: ".o_field_widget[name='response']:contains(A new seal is on its way)",
        },
        tab("remedies"),
        {
            content: "what the policy offers",
            trigger: "button[name='action_propose_remedy']",
            run: "click",
        },
        {
            content: "it is proposed, not given",
            trigger:
                ".o_field_widget[name='remedy_ids'] .o_data_row:contains(Proposed):contains(40), " +
                ".o_field_widget[name='remedy_ids'] .o_kanban_record:contains(Proposed):contains(40)",
        },
    ],
});

registry.category("web_tour.tours").add("crm_complaints_approve_remedy", {
    steps: () => [
        {
            content: "the remedy waits",
            trigger: ".o_data_row .o_data_cell:contains(Voucher)",
            run: "click",
        },
        {
            content: "approve",
            trigger: ".o_form_statusbar button[name='action_approve']",
            run: "click",
        },
        {
            content: "approved",
            trigger: ".o_statusbar_status button.o_arrow_button_current:contains(Approved)",
        },
        {
            content: "carry out",
            trigger: ".o_form_statusbar button[name='action_execute']",
            run: "click",
        },
        {
            content: "without the bridge it says so",
            trigger: ".alert-danger:contains(ERP Bridge)",
        },
    ],
});

registry.category("web_tour.tours").add("crm_complaints_dashboard", {
    steps: () => [
        {
            content: "one complaint is open",
            trigger: ".o_complaint_tile[data-key='open']:contains(1)",
            run: "click",
        },
        {
            content: "and in the list",
            trigger: ".o_list_view .o_data_row:contains(Kettle leaks at the base)",
        },
    ],
});
