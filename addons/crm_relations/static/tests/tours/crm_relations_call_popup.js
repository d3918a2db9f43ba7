import { registry } from "@web/core/registry";

/** What the server sends when a call begins to ring, or goes on; the bus may bring the one that really rings, too. */
const send = (state) =>
    odoo.__WOWL_DEBUG__.root.env.services.crm_call_popup.show({
        id: 999999999,
        state,
        direction: "in",
        name: "Call from Zala Kos",
        number: "+386 40 123 456",
        queue: "Service",
    });

/** A ringing call shows wherever the operator is, goes when somebody answers, and opens the operator's screen. */
registry.category("web_tour.tours").add("crm_relations_call_popup", {
    steps: () => [
        {
            content: "somewhere else in Odoo",
            trigger: ".o_list_view, .o_kanban_view",
            run: () => send("ringing"),
        },
        {
            content: "it rings",
            trigger: ".o_crm_call_popup:contains(Call from Zala Kos):contains(Service)",
            run: () => send("answered"),
        },
        {
            content: "a colleague answered: it is gone",
            trigger: "body:not(:has(.o_crm_call_popup:contains(Zala Kos)))",
            run: () => send("ringing"),
        },
        {
            content: "it rings again, take it",
            trigger: ".o_crm_call_popup:contains(Zala Kos) button:contains(Open)",
            run: "click",
        },
        {
            content: "my calls, with the one that rings",
            trigger: "section[aria-label='Current call'][data-state=ringing]:contains(Ion Popescu)",
        },
        {
            trigger: "body:not(:has(.o_crm_call_popup:contains(Zala Kos)))",
        },
    ],
});
