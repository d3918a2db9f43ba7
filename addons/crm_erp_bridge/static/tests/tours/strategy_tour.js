import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

/** The manager writes down a strategy with an objective, and sees it measured at once. */
registry.category("web_tour.tours").add("crm_erp_bridge_strategy", {
    steps: () => [
        { content: "new strategy", trigger: ".o_list_button_add", run: "click" },
        { trigger: ".o_field_widget[name=name] input", run: "edit Terraces" },
        { content: "add an objective", trigger: "[name=objective_ids] .o_field_x2many_list_row_add a, [name=objective_ids] .o-kanban-button-new", run: "click" },
        { trigger: ".modal .o_field_widget[name=target] input", run: "edit 400" },
        { trigger: ".modal .o_form_button_save", run: "click" },
        { trigger: "body:not(:has(.modal)) [name=objective_ids] .o_data_row:contains('Booked')" },
        ...stepUtils.saveForm(),
        { content: "its objectives", trigger: "button[name=action_open_objectives]", run: "click" },
        { content: "measured", trigger: ".o_breadcrumb:contains('Objectives')" },
        { trigger: ".o_data_row:contains('Booked') .o_data_cell[name=name]", run: "click" },
        { content: "with a chart", trigger: ".o_form_view [name=chart] canvas" },
    ],
});
