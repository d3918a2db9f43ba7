import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("crm_complaints_portal_file", {
    steps: () => [
        {
            content: "the door on the home page of the customer",
            trigger: ".o_portal_my_home a[href='/my/complaints']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "nothing yet",
            trigger: ".alert-info:contains(we answer every complaint)",
        },
        {
            content: "file the first",
            trigger: "a[href='/my/complaints/new']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "what is wrong",
            trigger: "#complaint_name",
            run: "edit Kettle leaks at home",
        },
        {
            content: "what happened",
            trigger: "#complaint_description",
            run: "edit Water on the table since Monday",
        },
        {
            content: "what is asked for",
            trigger: "#complaint_remedy_sought",
            run: "edit A new kettle",
        },
        {
            content: "send",
            trigger: "form[action='/my/complaints/new'] button[type='submit']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "it has a number",
            trigger: ".alert-success:contains(CMP/)",
        },
        {
            content: "and a date by which the answer comes",
            trigger: "#complaint_promise",
        },
        {
            content: "back to the list",
            trigger: ".breadcrumb a[href='/my/complaints']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "where it stands",
            trigger: "tr:contains(Kettle leaks at home):contains(CMP/) .badge",
        },
    ],
});

registry.category("web_tour.tours").add("crm_complaints_portal_accept", {
    steps: () => [
        {
            content: "the answer is there",
            trigger: "#complaint_answer:contains(You get a new kettle)",
        },
        {
            content: "accept it",
            trigger: "#complaint_verdict button:contains(I accept the answer)",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "it is noted",
            trigger: ".alert-success:contains(You accepted the answer)",
        },
        {
            content: "and cannot be accepted twice",
            trigger: "#complaint_verdict:not(:contains(I accept the answer))",
        },
    ],
});

registry.category("web_tour.tours").add("crm_complaints_portal_unhappy", {
    steps: () => [
        {
            content: "without login, by the secret link",
            trigger: "#complaint_verdict #complaint_unhappy_reason",
            run: "edit It leaks again",
        },
        {
            content: "say so",
            trigger: "#complaint_verdict button:contains(I am still unhappy)",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "it is noted",
            trigger: ".alert-success:contains(We have noted it)",
        },
        {
            content: "the first answer is no longer ours",
            trigger: "#wrap:not(:has(#complaint_answer))",
        },
    ],
});

registry.category("web_tour.tours").add("crm_complaints_portal_rate", {
    steps: () => [
        {
            content: "tell how it went",
            trigger: "a[href*='/rate']:contains(Tell us how it went)",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "the handling",
            trigger: "#rate_process_4",
            run: "click",
        },
        {
            content: "what came out",
            trigger: "#rate_outcome_2",
            run: "click",
        },
        {
            content: "send",
            trigger: "form[action$='/rate'] button[type='submit']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "thanked",
            trigger: ".alert-success:contains(We read every answer)",
        },
    ],
});
