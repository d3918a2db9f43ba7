import { Component, onWillStart, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";
import { formatInteger, formatMonetary } from "@web/views/fields/formatters";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/**
 * The grid of segments: one row per recency score, one column per FM score, in each
 * cell the segment (to choose, where the form may be edited) and its customers.
 * A gap or an overlap cannot be entered: cells are neither added nor removed.
 */
export class RfmGridField extends Component {
    static template = "crm_rfm.GridField";
    static props = { ...standardFieldProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ segments: [], mayWrite: false });
        onWillStart(async () => {
            [this.state.segments, this.state.mayWrite] = await Promise.all([
                this.orm.searchRead("crm.rfm.segment", [["kind", "=", "grid"]], ["name", "color"]),
                user.hasGroup("crm_rfm.group_manager"),
            ]);
        });
    }

    get cells() {
        return this.props.record.data[this.props.name].records;
    }

    get readonly() {
        return this.props.readonly || !this.state.mayWrite;
    }

    /** Scores from 1 to the number of bands. */
    get scores() {
        const count = Math.max(0, ...this.cells.map((cell) => cell.data.r));
        return [...Array(count).keys()].map((index) => index + 1);
    }

    get rows() {
        return [...this.scores].reverse();
    }

    cell(r, fm) {
        return this.cells.find((cell) => cell.data.r === r && cell.data.fm === fm);
    }

    color(cell) {
        const segment = this.state.segments.find((item) => item.id === cell.data.segment_id.id);
        return segment ? segment.color : 0;
    }

    count(cell) {
        return formatInteger(cell.data.customer_count);
    }

    money(cell) {
        const currencyId = cell.data.currency_id && cell.data.currency_id.id;
        return formatMonetary(cell.data.monetary, { currencyId, digits: [16, 0] });
    }

    label(r, fm) {
        return _t("Segment of recency score %(r)s and FM score %(fm)s", { r, fm });
    }

    async select(cell, event) {
        const segment = this.state.segments.find((item) => item.id === Number(event.target.value));
        await cell.update({ segment_id: { id: segment.id, display_name: segment.name } });
    }

    async open(cell) {
        const action = await this.orm.call("crm.rfm.cell", "action_open_scores", [cell.resId]);
        this.action.doAction(action);
    }
}

export const rfmGridField = {
    component: RfmGridField,
    displayName: _t("Grid of segments"),
    supportedTypes: ["one2many"],
    useSubView: true,
};

registry.category("fields").add("crm_rfm_grid", rfmGridField);
