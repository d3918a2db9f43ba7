import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

/**
 * Press a button of the status bar. On a phone all but the first fold into a menu,
 * which is opened when the button is not beside it.
 */
function press(name, label) {
    const button = name ? `[name="${name}"]` : `.btn:contains(/^${label}$/)`;
    return [
        {
            content: `open the menu if ${name || label} is folded into it`,
            trigger: ".o_statusbar_buttons",
            isActive: ["mobile"],
            run() {
                const beside = [...document.querySelectorAll(".o_statusbar_buttons > button[name]")];
                const found = beside.some((el) => (name ? el.name === name : el.textContent.trim() === label));
                if (!found) {
                    document.querySelector(".o_statusbar_buttons button[title='More']").click();
                }
            },
        },
        {
            content: `press ${name || label}`,
            trigger: `.o_statusbar_buttons ${button}, .o-dropdown--menu ${button}`,
            run: "click",
        },
    ];
}

function tab(name) {
    return {
        content: `open the page ${name}`,
        trigger: `.o_notebook .nav-link[name="${name}"]`,
        run: "click",
    };
}

function inStage(label) {
    return {
        content: `the complaint is ${label}`,
        trigger: `.o_statusbar_status button.o_arrow_button_current:contains(${label}), .o_statusbar_status button.dropdown-toggle:contains(${label})`,
    };
}

registry.category("web_tour.tours").add("crm_complaints_from_customer_to_closed", {
    steps: () => [
        {
            content: "the customer is open",
            trigger: ".o_form_view .o_field_widget[name='name']",
        },
        ...press("action_new_complaint"),
        {
            content: "the customer stands in the blank complaint",
            trigger: ".o_field_widget[name='partner_id'] input:value(Boris)",
        },
        {
            content: "what is wrong",
            trigger: ".o_field_widget[name='name'] textarea",
            run: "edit Kettle leaks after one week",
        },
        {
            content: "severity",
            trigger: ".o_field_widget[name='severity'] .o_selection_badge:contains(Major)",
            run: "click",
        },
        {
            content: "what the customer asks for",
            trigger: ".o_field_widget[name='remedy_sought'] textarea",
            run: "edit A new kettle",
        },
        ...stepUtils.saveForm(),
        {
            content: "it has a number",
            trigger: ".o_field_widget[name='code']:contains(CMP/)",
        },
        ...press("action_acknowledge"),
        inStage("Acknowledged"),
        ...press("action_assess"),
        inStage("Assessed"),
        ...press("action_investigate"),
        inStage("In Investigation"),
        tab("decision"),
        {
            content: "decide",
            trigger: ".o_field_widget[name='decision'] label:contains(Upheld):not(:contains(Partly)):not(:contains(Not))",
            run: "click",
        },
        {
            content: "say why",
            trigger: ".o_field_widget[name='decision_reason'] textarea",
            run: "edit The seal was missing",
        },
        {
            content: "write the answer",
            trigger: ".o_field_widget[name='response'] .odoo-editor-editable",
            run: "editor You get a new kettle",
        },
        ...press("action_propose"),
        inStage("Response Proposed"),
        ...press(null, "Close"),
        {
            content: "what was agreed",
            trigger: ".modal .o_field_widget[name='note'] textarea",
            run: "edit New kettle sent",
        },
        {
            content: "close it",
            trigger: ".modal .modal-footer button[name='action_confirm']",
            run: "click",
        },
        {
            content: "the dialog is gone and the complaint settled",
            trigger: ".o_form_view .o_widget_web_ribbon .ribbon span:contains(Settled)",
        },
    ],
});
