import { registry } from "@web/core/registry";

/** From a caller's number to a logged call: three clicks (continue, we were called, log). */
registry.category("web_tour.tours").add("crm_relations_from_number", {
    steps: () => [
        {
            content: "the number as it stands on the display",
            trigger: ".modal .o_field_widget[name=number] input",
            run: "edit 040/123-456 && press Tab",
        },
        {
            content: "who it is, at once",
            trigger: ".modal .o_field_widget[name=partner_id] input:value(Ion Popescu)",
        },
        {
            content: "1st click: continue",
            trigger: ".modal button[name=action_continue]",
            run: "click",
        },
        {
            isActive: ["mobile"],
            content: "on a phone, what is chosen from opens as cards",
            trigger: ".modal .o_field_widget[name=template_id] input",
            run: "click",
        },
        {
            isActive: ["mobile"],
            trigger: ".modal .o_kanban_record:contains(Tour question)",
            run: "click",
        },
        {
            isActive: ["desktop"],
            content: "2nd click: a template",
            trigger: ".modal .o_field_widget[name=template_id] input",
            run: "click",
        },
        {
            isActive: ["desktop"],
            content: "3rd click: the one for questions",
            trigger: ".o-autocomplete--dropdown-item:contains(Tour question)",
            run: "click",
        },
        {
            content: "it filled in what it is about",
            trigger: ".modal .o_field_widget[name=objective] input:value(Question about a product)",
        },
        {
            content: "4th click: log",
            trigger: ".modal footer button:contains(Log)",
            run: "click",
        },
        {
            trigger: "body:not(:has(.modal))",
        },
    ],
});

/** A whole event entered once, from the chosen customers. */
registry.category("web_tour.tours").add("crm_relations_bulk", {
    steps: () => [
        {
            content: "the event",
            trigger: ".modal .o_field_widget[name=objective] input",
            run: "edit Visited our stand",
        },
        {
            isActive: ["mobile"],
            trigger: ".modal .o_field_widget[name=group_id] input",
            run: "click",
        },
        {
            isActive: ["mobile"],
            trigger: ".modal .o_kanban_record:contains(Tour visitors)",
            run: "click",
        },
        {
            isActive: ["desktop"],
            content: "everybody of the group",
            trigger: ".modal .o_field_widget[name=group_id] input",
            run: "edit Tour visitors",
        },
        {
            isActive: ["desktop"],
            trigger: ".o-autocomplete--dropdown-item:contains(Tour visitors)",
            run: "click",
        },
        {
            content: "who are three",
            trigger: ".modal .o_field_widget[name=customer_count]:contains(3)",
        },
        {
            trigger: ".modal button[name=action_log]",
            run: "click",
        },
        {
            trigger: ".o_notification:contains(3 contacts logged)",
        },
        {
            content: "they are shown",
            trigger: ".o_list_view .o_data_row:contains(Visited our stand), .o_kanban_view .o_kanban_record:contains(Visited our stand)",
        },
    ],
});

/** What a customer wrote becomes a contact from the chatter; the outcome of a meeting from its form. */
registry.category("web_tour.tours").add("crm_relations_from_message", {
    steps: () => [
        {
            content: "the form and the list of messages are there: they do not move any more under the pointer",
            trigger: "section.o_crm_360_card",
        },
        {
            trigger: ".o-mail-Message:contains(A question)",
            run: "hover && click .o-mail-Message:contains(A question) [title='Expand'], .o-mail-Message:contains(A question) button[name='expand-actions']",
        },
        {
            trigger: ".o-dropdown-item:contains(Log as a Contact), button[name='crm-log-interaction']",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=objective] input:value(A question)",
        },
        {
            trigger: ".modal .o_field_widget[name=outcome] textarea",
            run: "edit Answered by telephone",
        },
        {
            trigger: ".modal footer button:contains(Log)",
            run: "click",
        },
        {
            trigger: "body:not(:has(.modal))",
        },
    ],
});
registry.category("web_tour.tours").add("crm_relations_from_meeting", {
    steps: () => [
        {
            trigger: "button[name=action_crm_log_outcome]",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=partner_ids]:contains(Ion Popescu)",
        },
        {
            trigger: ".modal .o_field_widget[name=outcome] textarea",
            run: "edit Agreed on the plan",
        },
        {
            trigger: ".modal button[name=action_log]",
            run: "click",
        },
        {
            trigger: "body:not(:has(.modal)) .o_field_widget[name=outcome] textarea:value(Agreed on the plan)",
        },
    ],
});
