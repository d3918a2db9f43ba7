import { registry } from "@web/core/registry";

/**
 * A customer asks for a correction and sees by when it is answered.
 */
registry.category("web_tour.tours").add("crm_relations_privacy", {
    steps: () => [
        {
            trigger: "a[href='/my/privacy']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: ".o_crm_privacy label:contains(Correction)",
            run: "click",
        },
        {
            trigger: ".o_crm_privacy textarea[name=details]",
            run: "edit My street is Long Street 5",
        },
        {
            trigger: ".o_crm_privacy button:contains(Send)",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: ".o_crm_privacy_request .alert-success:contains(Your request has arrived)",
        },
        {
            trigger: ".o_crm_privacy_request p:contains(You get an answer by)",
        },
        {
            trigger: ".breadcrumb a[href='/my/privacy']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: ".o_crm_privacy li:contains(In progress) a:contains(Correction)",
        },
    ],
});
