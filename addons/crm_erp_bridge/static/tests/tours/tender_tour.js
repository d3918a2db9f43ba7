import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

/** From the opportunity to a tender that is handed in although a document is missing. */
registry.category("web_tour.tours").add("crm_erp_bridge_tender", {
    steps: () => [
        { content: "the opportunity is open", trigger: ".o_lead_opportunity_form" },
        { content: "competition", trigger: ".nav-link[name=competition]", run: "click" },
        { content: "take part", trigger: ".tab-pane button[name=action_open_tenders]", run: "click" },
        { content: "the documents are listed", trigger: "[name=document_ids] .o_data_row:contains('Price schedule')" },
        { content: "reference", trigger: ".o_field_widget[name=reference] input", run: "edit JN-7" },
        { content: "deadline", trigger: ".o_field_widget[name=deadline] input, .o_field_widget[name=deadline] button", run: "click" },
        { trigger: ".o_field_widget[name=deadline] input", run: "edit 12/24/2099 12:00:00 && press Enter" },
        { content: "one is ready", trigger: "[name=document_ids] .o_data_row:contains('Price schedule') [name=is_done]", run: "click" },
        { trigger: "[name=document_ids] .o_selected_row [name=is_done] input", run: "check" },
        ...stepUtils.saveForm(),
        { content: "the other is missing", trigger: ".alert-warning:contains('Tax certificate')" },
        { content: "hand it in", trigger: "button[name=action_submit]", run: "click" },
        { content: "asked whether to", trigger: ".modal:contains('all the same') .btn-primary", run: "click" },
        { content: "handed in", trigger: ".o_statusbar_status .o_arrow_button_current:contains('Submitted')" },
    ],
});
