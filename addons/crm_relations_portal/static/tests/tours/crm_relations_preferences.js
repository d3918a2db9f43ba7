import { registry } from "@web/core/registry";

/**
 * A customer agrees to one thing by one channel, then wants nothing at all.
 */
registry.category("web_tour.tours").add("crm_relations_preferences", {
    steps: () => [
        {
            trigger: ".o_crm_preferences fieldset[data-purpose=tour_letter] input[name$=_email]:not(:checked)",
            run: "click",
        },
        {
            trigger: ".o_crm_preferences button:contains(Save)",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: ".o_crm_preferences .alert-success",
        },
        {
            trigger: ".o_crm_preferences fieldset[data-purpose=tour_letter] input[name$=_email]:checked",
        },
        {
            trigger: ".o_crm_preferences fieldset[data-purpose=tour_letter] input[name$=_phone]:not(:checked)",
        },
        {
            trigger: ".o_crm_preferences button[name=nothing]",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: ".o_crm_preferences .alert-success",
        },
        {
            trigger: ".o_crm_preferences fieldset[data-purpose=tour_letter] input[name$=_email]:not(:checked)",
        },
    ],
});
