import { registry } from "@web/core/registry";

/**
 * A customer says not to be contacted: written down in a minute, seen at a
 * glance, and told before a contact is made. At desktop and at phone width.
 */
registry.category("web_tour.tours").add("crm_relations_contact_rules", {
    steps: () => [
        {
            content: "nothing speaks against a call",
            trigger: ".o_crm_360_now[data-effect=allow]:contains(May be called now)",
        },
        {
            trigger: "a[name=crm_contact]",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=crm_no_contact] .o_select_menu_toggler",
            run: "click",
        },
        {
            trigger: ".o_select_menu_item:contains(No contact at all)",
            run: "click",
        },
        {
            content: "there is a reason",
            trigger: ".o_field_widget[name=crm_no_contact_reason] input",
            run: "edit Asked us on the phone",
        },
        {
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "seen at a glance",
            trigger: ".o_crm_360_now[data-effect=refuse]:contains(does not want to be contacted: Asked us on the phone)",
        },
        {
            content: "and told before the contact",
            trigger: ".o_crm_360_actions button[name=log]",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=direction] input[data-value=out]",
            run: "click",
        },
        {
            trigger: ".modal .alert-danger:contains(does not want to be contacted)",
        },
        {
            trigger: ".modal footer button:contains(Discard)",
            run: "click",
        },
        {
            trigger: "body:not(:has(.modal)) .o_form_saved",
        },
    ],
});
