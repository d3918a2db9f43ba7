import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("crm_complaints_website_file", {
    steps: () => [
        {
            content: "what is wrong",
            trigger: "#complaint_subject",
            run: "edit Kettle leaks",
        },
        {
            content: "what happened",
            trigger: "#complaint_description",
            run: "edit After one week",
        },
        {
            content: "who",
            trigger: "#complaint_name",
            run: "edit Dora",
        },
        {
            content: "where to answer",
            trigger: "#complaint_email",
            run: "edit dora@example.com",
        },
        {
            content: "send",
            trigger: "form[action='/complaint'] button[type='submit']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "it has a number",
            trigger: "#complaint_code:contains(CMP/)",
        },
    ],
});
