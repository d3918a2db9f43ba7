import { registry } from "@web/core/registry";

/** A customer asks to be called, from the portal. */
registry.category("web_tour.tours").add("crm_relations_callback", {
    steps: () => [
        {
            content: "the own number is there",
            trigger: ".o_crm_callback input[name=number]:value(040 123 456)",
        },
        {
            content: "what it is about",
            trigger: ".o_crm_callback select[name=queue]",
            run: "selectByLabel Advice",
        },
        {
            content: "in a few words",
            trigger: ".o_crm_callback input[name=note]",
            run: "edit About my order",
        },
        {
            content: "ask",
            trigger: ".o_crm_callback button[type=submit]:contains(Call me back)",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "it waits",
            trigger: ".o_crm_callback:contains(Thank you. We call you.) li:contains(As soon as possible)",
        },
    ],
});
