import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

/** A rival's bid is noted on the opportunity, which is then lost to that rival. */
registry.category("web_tour.tours").add("crm_erp_bridge_competition", {
    steps: () => [
        { content: "the opportunity is open", trigger: ".o_lead_opportunity_form" },
        { content: "competition", trigger: ".nav-link[name=competition]", run: "click" },
        { content: "one bid is known", trigger: "[name=competitor_bid_ids] .o_data_row:contains('Hrast')" },
        { content: "add another", trigger: "[name=competitor_bid_ids] .o_field_x2many_list_row_add a", run: "click" },
        { trigger: "[name=competitor_bid_ids] .o_selected_row [name=competitor_id] input", run: "edit Swift" },
        { trigger: "ul.ui-autocomplete a:contains('SwiftSeat')", run: "click" },
        { trigger: "[name=competitor_bid_ids] .o_selected_row [name=amount] input", run: "edit 800" },
        ...stepUtils.saveForm(),
        { content: "lost", trigger: "button[data-hotkey=l]:contains('Lost')", run: "click" },
        { content: "to whom", trigger: ".modal [name=lost_to_id] input", run: "edit Swift" },
        { trigger: "ul.ui-autocomplete a:contains('SwiftSeat')", run: "click" },
        { trigger: ".modal button[name=action_lost_reason_apply]", run: "click" },
        { content: "the dialog is closed", trigger: "body:not(:has(.modal)) .ribbon:contains('Lost')" },
        { content: "the opportunity says so", trigger: ".o_lead_opportunity_form [name=lost_to_id] input:value(SwiftSeat)" },
    ],
});
