import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

/**
 * The main flow on the screen, one tour per role; tests/test_main_flow.py runs
 * them one after the other and checks the documents between them.
 */
const tours = registry.category("web_tour.tours");

/** The opportunity with its form loaded. */
const opportunity = { content: "the opportunity is open", trigger: ".o_lead_opportunity_form" };

/** A stage of the chain in a state: none, partial or done. */
function stage(key, progress) {
    return {
        content: `${key} is ${progress}`,
        trigger: `.o_order_flow_stage.o_order_flow_${progress}[data-stage=${key}]`,
    };
}

function open(key) {
    return {
        content: `open the document of ${key}`,
        trigger: `.o_order_flow_stage[data-stage=${key}] .o_order_flow_document`,
        run: "click",
    };
}

const createInvoice = [
    { content: "invoice the order", trigger: "button[id=create_invoice]:enabled, button#create_invoice_percentage:enabled", run: "click" },
    { content: "as a draft", trigger: ".modal button[name=create_invoices]", run: "click" },
    { content: "the draft invoice is open", trigger: ".o_form_view:has([name=invoice_line_ids])" },
];

function askForWork(title) {
    return [
        { content: "title of the work", trigger: ".modal .o_field_widget[name=name] input", run: `edit ${title}` },
    ];
}

tours.add("crm_erp_bridge_main_flow_sales", {
    steps: () => [
        opportunity,
        { content: "write a quotation", trigger: "button[name=action_sale_quotations_new]", run: "click" },
        { content: "add a product", trigger: "a:contains('Add a product')", run: "click" },
        { trigger: "div[name=product_template_id] input", run: "edit Pruning by the hectare" },
        { trigger: "ul.ui-autocomplete a:contains('Pruning by the hectare')", run: "click" },
        { content: "the price is there", trigger: ".o_field_widget[name=tax_totals]:contains('473.23')" },
        { content: "confirm the order", trigger: "button[name=action_confirm]", run: "click" },
        { content: "the order is confirmed", trigger: ".o_statusbar_status .o_arrow_button_current:contains('Sales Order')" },
        ...createInvoice,
        { content: "back to the order", trigger: ".o_breadcrumb a:contains('S0'), .breadcrumb a:contains('S0')", run: "click" },
        { content: "the order is open", trigger: ".o_sale_order" },
        { content: "back to the opportunity", trigger: ".breadcrumb a:contains('Pruning for the season'), .o_breadcrumb a:contains('Pruning for the season')", run: "click" },
        opportunity,
        stage("order", "done"),
        stage("invoice", "none"),
        { content: "ask for work", trigger: "button[name=action_create_task]", run: "click" },
        ...askForWork("Prune the upper field"),
        { content: "project", trigger: ".modal .o_field_widget[name=project_id] input", run: "edit Field work" },
        { trigger: "ul.ui-autocomplete a:contains('Field work')", run: "click" },
        { content: "employee", trigger: ".modal .o_field_widget[name=user_id] input", run: "edit Worker" },
        { trigger: "ul.ui-autocomplete a:contains('Worker')", run: "click" },
        { content: "create the task", trigger: ".modal button[name=action_create_task]", run: "click" },
        { content: "the task is on the opportunity", trigger: "button[name=action_open_tasks]:contains('0 / 1')" },
        { content: "won", trigger: "button[name=action_set_won_rainbowman]", run: "click" },
        { content: "the opportunity is won", trigger: ".ribbon:contains('Won')" },
    ],
});

tours.add("crm_erp_bridge_main_flow_accountant", {
    steps: () => [
        { content: "the order waits for its invoice", trigger: ".o_list_view .o_data_row:contains('Draft invoice to post')" },
        { content: "open the order", trigger: ".o_data_row:contains('Draft invoice to post') .o_data_cell[name=order_id]", run: "click" },
        { content: "open the invoice", trigger: "button[name=action_view_invoice]", run: "click" },
        { content: "post it", trigger: "button[name=action_post]", run: "click" },
        { content: "pay it", trigger: "button[name=action_register_payment]", run: "click" },
        { content: "create the payment", trigger: ".modal button[name=action_create_payments]", run: "click" },
        { content: "the invoice is paid", trigger: ".ribbon:contains('Paid')" },
    ],
});

tours.add("crm_erp_bridge_main_flow_worker", {
    steps: () => [
        { content: "the worker knows the customer", trigger: ".o_field_widget[name=partner_id] input:value('Vinograd d.o.o.')" },
        { content: "and not the opportunity", trigger: ".o_form_view:not(:has([name=lead_id])):not(:has(button[name=action_open_lead]))" },
        { content: "the states of a task", trigger: ".o_task_state_widget button", run: "click" },
        { content: "done", trigger: ".o-dropdown-item:contains('Done')", run: "click" },
        { content: "the task is done", trigger: ".o_task_state_widget button:contains('Done')" },
        {
            content: "a state is saved at once, or by the button",
            trigger: ".o_form_view",
            run() {
                const button = document.querySelector(".o_form_button_save");
                if (button && button.checkVisibility({ visibilityProperty: true })) {
                    button.click();
                }
            },
        },
        { content: "nothing is left to save", trigger: "body:not(:has(.o_form_button_save:visible))" },
    ],
});

tours.add("crm_erp_bridge_main_flow_sales_end", {
    steps: () => [
        opportunity,
        stage("order", "done"),
        stage("invoice", "done"),
        stage("payment", "done"),
        { content: "the order is paid", trigger: ".o_order_flow_chain .badge:contains('Paid')" },
        { content: "the work is done", trigger: "button[name=action_open_tasks]:contains('1 / 1')" },
        open("invoice"),
        { content: "the invoice is open", trigger: ".o_form_view:has([name=invoice_line_ids])" },
    ],
});

tours.add("crm_erp_bridge_main_flow_customer", {
    steps: () => [
        { content: "the timeline of the customer", trigger: "a.nav-link[name=crm_timeline]", run: "click" },
        ...["Order", "Invoice", "Task Done", "Complaint"].map((kind) => ({
            content: `${kind} is on the timeline`,
            trigger: `.o_crm_timeline_entry:contains('${kind}')`,
        })),
        { content: "the orders of the customer", trigger: "a.nav-link[name=order_flow]", run: "click" },
        stage("payment", "done"),
    ],
});

tours.add("crm_erp_bridge_main_flow_sales_phone", {
    steps: () => [
        opportunity,
        stage("order", "partial"),
        open("order"),
        { content: "the quotation is open", trigger: ".o_sale_order" },
        // on a phone all buttons of a form but the first are in a menu
        ...stepUtils.statusbarButtonsSteps("Confirm", "confirm the order"),
        { content: "the order is confirmed", trigger: ".o_statusbar_buttons button[name]:contains('Create Invoice')" },
        ...createInvoice,
        { content: "back to the order", trigger: ".o_breadcrumb .o_back_button, .o_control_panel .o_back_button", run: "click" },
        { content: "the order is open", trigger: ".o_sale_order" },
        { content: "back to the opportunity", trigger: ".o_breadcrumb .o_back_button, .o_control_panel .o_back_button", run: "click" },
        opportunity,
        stage("order", "done"),
        ...stepUtils.statusbarButtonsSteps("Task for a Colleague", "ask for work"),
        ...askForWork("Prune the lower field"),
        { content: "project", trigger: ".modal .o_field_widget[name=project_id] input", run: "click" },
        { content: "choose the project", trigger: ".o_kanban_record:contains('Field work'), .o_data_cell:contains('Field work')", run: "click" },
        { content: "create the task", trigger: ".modal button[name=action_create_task]", run: "click" },
        { content: "no dialog is left", trigger: "body:not(:has(.modal))" },
    ],
});
