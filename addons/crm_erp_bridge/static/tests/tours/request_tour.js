import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

/** A salesperson writes a request down and has it carried out; works at both widths. */
tours.add("crm_erp_bridge_request_sales", {
    steps: () => [
        { content: "a new request", trigger: ".o_control_panel .o-kanban-button-new, .o_control_panel .o_list_button_add", run: "click" },
        { content: "what is asked for", trigger: ".o_field_widget[name=name] input, .o_field_widget[name=name] textarea", run: "edit Prune the lower field" },
        { content: "who asks", trigger: ".o_field_widget[name=partner_id] input", run: "edit Vinograd" },
        { trigger: ".o-autocomplete--dropdown-item a:contains('Vinograd d.o.o.')", run: "click" },
        { content: "of what type", trigger: ".o_field_widget[name=type_id] input", run: "edit Order on the screen" },
        { trigger: ".o-autocomplete--dropdown-item a:contains('Order on the screen')", run: "click" },
        { content: "what is wanted", trigger: ".o_field_widget[name=line_ids] a:contains('Add a line')", run: "click" },
        { trigger: ".o_selected_row .o_field_widget[name=product_id] input", run: "edit Pruning by the hour" },
        { trigger: ".o-autocomplete--dropdown-item a:contains('Pruning by the hour')", run: "click" },
        { content: "the line says it in words", trigger: ".o_selected_row .o_field_widget[name=name] textarea:value(Pruning by the hour)" },
        { content: "save", trigger: ".o_form_button_save", run: "click" },
        { content: "it has a number", trigger: ".o_field_widget[name=code]:contains('REQ')" },
        { content: "start", trigger: "button[name=action_start]", run: "click" },
        { content: "all is done", trigger: ".o_statusbar_status .o_arrow_button_current:contains('Done')" },
        { content: "look at the steps", trigger: ".o_notebook .nav-link[name=steps]", run: "click" },
        { content: "the steps show what they made", trigger: ".o_field_widget[name=step_ids] .o_data_row:contains('Confirm') .badge:contains('Done')" },
        { content: "the chain is there", trigger: ".o_order_flow_stage[data-stage=order]" },
        { content: "one order", trigger: "button[name=action_open_order_flow]:contains('1')" },
    ],
});

/** A customer asks for something in the portal and sees how far it has come. */
tours.add("crm_erp_bridge_request_portal", {
    steps: () => [
        { content: "ask", trigger: "a[href='/my/requests/new']", run: "click", expectUnloadPage: true },
        { content: "what about", trigger: "select[name=type_id]", run: "selectByLabel Work" },
        { trigger: "input[name=name]", run: "edit Prune the hedge" },
        { trigger: "textarea[name=description]", run: "edit Behind the house, before May." },
        { content: "send", trigger: "form button[type=submit]:contains('Send the request')", run: "click", expectUnloadPage: true },
        { content: "a number at once", trigger: ".alert-success:contains('REQ')" },
        { content: "the tracker", trigger: "#request_tracker li:contains('Received') .fa-check-circle" },
        { content: "back to the list", trigger: ".breadcrumb a[href='/my/requests']", run: "click", expectUnloadPage: true },
        { content: "it is in the list", trigger: ".o_portal_my_doc_table a:contains('Prune the hedge'), table a:contains('Prune the hedge')" },
    ],
});
