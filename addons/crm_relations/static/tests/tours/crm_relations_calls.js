import { registry } from "@web/core/registry";

/** Next, answer, end, one click to log: at desktop and at phone width. */
registry.category("web_tour.tours").add("crm_relations_calls", {
    steps: () => [
        {
            content: "I am available",
            trigger: ".o_crm_call_state[data-state=available]",
        },
        {
            content: "one waits",
            trigger: "[aria-label='My queues']:contains(Service):contains(1 waiting)",
        },
        {
            content: "the next call",
            trigger: "button[name=next]",
            run: "click",
        },
        {
            content: "who is it: two have the number",
            trigger: "section[aria-label='Current call'][data-state=ringing] button[name=candidate]:contains(Ion Popescu)",
            run: "click",
        },
        {
            content: "the card of the customer",
            trigger: ".o_crm_call_card:contains(Last contact)",
        },
        {
            trigger: "button[name=answer]:enabled",
            run: "click",
        },
        {
            content: "in a conversation",
            trigger: ".o_crm_call_state[data-state=on_call]",
        },
        {
            content: "noted while talking",
            trigger: "textarea[name=note]",
            run: "edit Asks for the manual",
        },
        {
            trigger: "button[name=outcome]:contains(Answered the Question)",
            run: "click",
        },
        {
            trigger: "button[name=end]:enabled",
            run: "click",
        },
        {
            content: "what was noted is still there",
            trigger: ".o_crm_call_state[data-state=wrap_up]",
        },
        {
            content: "one click logs it",
            trigger: "button[name=wrap_up]:contains(Log and Be Available):enabled",
            run: "click",
        },
        {
            content: "free for the next one",
            trigger: ".o_crm_call_state[data-state=available]",
        },
        {
            content: "it is among my last calls",
            trigger: "[aria-label='My last calls']:contains(Call from Ion Popescu)",
        },
    ],
});
