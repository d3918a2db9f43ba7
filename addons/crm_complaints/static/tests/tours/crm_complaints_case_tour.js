import { registry } from "@web/core/registry";

/** A button of the status bar; on a phone it may be folded into the menu. */
function press(name) {
    return [
        {
            content: `open the menu if ${name} is folded into it`,
            trigger: ".o_statusbar_buttons",
            isActive: ["mobile"],
            run() {
                if (!document.querySelector(`.o_statusbar_buttons > button[name="${name}"]`)) {
                    document.querySelector(".o_statusbar_buttons button[title='More']").click();
                }
            },
        },
        {
            content: `press ${name}`,
            trigger: `.o_statusbar_buttons button[name="${name}"], .o-dropdown--menu button[name="${name}"]`,
            run: "click",
        },
    ];
}

registry.category("web_tour.tours").add("crm_complaints_quarantine", {
    steps: () => [
        {
            content: "the message waits in quarantine, with its reason",
            trigger: ".alert-danger:contains(foo-8)",
        },
        ...press("action_register"),
        {
            content: "the complaint made by hand is open",
            trigger: ".o_field_widget[name='code']:contains(CMP/)",
        },
        {
            content: "the message is attached",
            trigger: ".o-mail-Chatter:contains(The message as it was received)",
        },
    ],
});

registry.category("web_tour.tours").add("crm_complaints_letter", {
    steps: () => [
        {
            content: "the complaint is open",
            trigger: ".o_form_view .o_field_widget[name='code']:contains(CMP/)",
        },
        ...press("action_new_letter"),
        {
            content: "a holding letter, for nothing is decided",
            trigger: ".o_form_view .alert-warning:contains(why it takes longer)",
        },
        {
            content: "say why",
            trigger: ".o_field_widget[name='delay_reason'] input",
            run: "edit The laboratory needs two weeks",
        },
        {
            content: "and until when",
            trigger: ".o_field_widget[name='expected_on'] input, .o_field_widget[name='expected_on'] button",
            run: "click",
        },
        {
            content: "type the date",
            trigger: ".o_field_widget[name='expected_on'] input",
            run: "edit 12/24/2026",
        },
        {
            content: "the letter says it",
            trigger: ".o_field_widget[name='delay_reason'] input",
            run: "click",
        },
        {
            content: "nothing is missing any more",
            trigger: ".o_form_view:not(:has(.alert-warning:contains(takes longer))) .o_field_widget[name='body']:contains(two weeks)",
        },
        ...press("action_send"),
        {
            content: "it was sent",
            trigger: ".o_field_widget[name='date_sent']",
        },
    ],
});

registry.category("web_tour.tours").add("crm_complaints_message", {
    steps: () => [
        {
            content: "the customer wrote in the chatter of the customer",
            trigger: ".o-mail-Message:contains(Boris)",
            run: "hover && click .o-mail-Message:contains(Boris) [title='Expand']",
        },
        {
            content: "make a complaint of it",
            trigger: ".o-dropdown-item:contains(Make a Complaint)",
            run: "click",
        },
        {
            content: "the complaint is open",
            trigger: ".o_form_view .o_field_widget[name='code']:contains(CMP/)",
        },
    ],
});

registry.category("web_tour.tours").add("crm_complaints_next_case", {
    steps: () => [
        {
            content: "a complaint that can wait is open",
            trigger: ".o_form_view .o_field_widget[name='name'] :value(Lid is loose)",
        },
        ...press("action_next_case"),
        {
            content: "the next one is where the customer waits for an answer",
            trigger: ".o_form_view:has(.o_field_widget[name='name'] :value(Kettle leaks)) .alert-info:contains(waits for an answer)",
        },
        ...press("action_write_customer"),
        {
            content: "the mail is written already",
            trigger: ".modal .o_field_widget[name='body'] .odoo-editor-editable:contains(we are at work on your complaint)",
        },
        {
            content: "send it",
            trigger: ".modal button[name='action_send_mail']",
            run: "click",
        },
        {
            content: "nobody waits any more",
            trigger: ".o_form_view:not(:has(.alert-info:contains(waits for an answer))) .o-mail-Message:contains(at work on your complaint)",
        },
    ],
});
