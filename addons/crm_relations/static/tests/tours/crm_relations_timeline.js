import { registry } from "@web/core/registry";

const entry = ".o_crm_timeline_entry";
const isPhone = () => window.innerWidth < 576;

/** The timeline: filtered by kind and text, walked by keyboard, opened by Enter. */
registry.category("web_tour.tours").add("crm_relations_timeline", {
    steps: () => [
        {
            trigger: "a[name=crm_timeline]",
            run: "click",
        },
        {
            content: "everything, by day",
            trigger: `.o_crm_timeline:has(${entry}[data-kind=interaction]) ${entry}[data-kind=message]`,
        },
        {
            content: "on a phone the filters are behind a button",
            trigger: ".o_crm_timeline",
            run() {
                if (isPhone()) {
                    document.querySelector(".o_crm_timeline_filters_toggle").click();
                }
            },
        },
        {
            content: "only messages",
            trigger: ".o_crm_timeline_filters button[data-kind=message]",
            run: "click",
        },
        {
            trigger: `.o_crm_timeline:not(:has(${entry}[data-kind=interaction])):has(${entry}[data-kind=message])`,
        },
        {
            content: "with a word that nobody wrote",
            trigger: ".o_crm_timeline_search",
            run: "edit zebra",
        },
        {
            content: "nothing, and the way back",
            trigger: ".o_crm_timeline_nothing button",
            run: "click",
        },
        {
            trigger: `.o_crm_timeline:has(${entry}[data-kind=message]) ${entry}[data-kind=interaction]`,
        },
        {
            content: "the keys walk through the rows",
            trigger: `${entry}[data-index='0']`,
            run() {
                this.anchor.focus();
                this.anchor.dispatchEvent(new KeyboardEvent("keydown", { key: "End", bubbles: true }));
            },
        },
        {
            content: "the last one, the oldest, opens by Enter",
            trigger: `${entry}:contains(Oldest contact):focus`,
            run() {
                this.anchor.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
            },
        },
        {
            trigger: ".o_form_view .o_field_widget[name=objective] input:value(Oldest contact)",
        },
    ],
});

/** The customer at a glance: what is open and what was said last, then a contact logged from the card. */
registry.category("web_tour.tours").add("crm_relations_360", {
    steps: () => [
        {
            trigger: ".o_crm_360_item[data-item=planned]:contains(1):visible",
        },
        {
            content: "the regions are tabs on a phone",
            trigger: ".o_crm_360_card",
            run() {
                if (isPhone()) {
                    document.querySelector(".o_crm_360_tabs [data-tab=contact]").click();
                }
            },
        },
        {
            trigger: ".o_crm_360_entry:contains(Newest contact):visible",
        },
        {
            content: "log a call from the card",
            trigger: ".o_crm_360_actions button[name=log]",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=objective] input",
            run: "edit Ask about the terrace",
        },
        {
            trigger: ".modal footer button:contains(Log)",
            run: "click",
        },
        {
            content: "the card knows it at once",
            trigger: ".o_crm_360_entry:contains(Ask about the terrace):visible",
        },
    ],
});
