import { Component, onWillStart, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { formatFloat, formatInteger, formatMonetary } from "@web/views/fields/formatters";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

/** Movements between segments: a matrix of two snapshots, and what follows if they repeat. */
export class RfmMigration extends Component {
    static template = "crm_rfm.Migration";
    static components = { Layout };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ data: null });
        this.display = { controlPanel: {} };
        const params = this.props.action.params || {};
        onWillStart(() => this.load(params.model_id || false, false, false));
    }

    async load(modelId, fromId, toId) {
        this.state.data = await this.orm.call("crm.rfm.migration", "get_matrix", [], {
            model_id: modelId,
            from_id: fromId,
            to_id: toId,
        });
    }

    get data() {
        return this.state.data;
    }

    get ready() {
        return Boolean(this.data.from_id && this.data.to_id);
    }

    /** Segments and, as id 0, customers absent from a snapshot. */
    get states() {
        return [...this.data.segments, { id: 0, name: _t("No documents"), color: 0 }];
    }

    cell(from, to) {
        return this.data.matrix[`${from}-${to}`];
    }

    share(from, to) {
        const cell = this.cell(from, to);
        const total = this.rowTotal(from);
        return cell && total ? formatFloat((100 * cell.count) / total, { digits: [16, 0] }) + " %" : "";
    }

    rowTotal(from) {
        return this.states.reduce((sum, to) => sum + (this.cell(from, to.id)?.count || 0), 0);
    }

    columnTotal(to) {
        return this.states.reduce((sum, from) => sum + (this.cell(from.id, to)?.count || 0), 0);
    }

    get total() {
        return this.states.reduce((sum, from) => sum + this.rowTotal(from.id), 0);
    }

    className(cell) {
        return { up: "text-bg-success", down: "text-bg-danger", new: "text-bg-info" }[cell.direction] || "text-bg-light";
    }

    integer(value) {
        return formatInteger(value);
    }

    decimal(value) {
        return formatFloat(value, { digits: [16, 1] });
    }

    money(value) {
        return formatMonetary(value, { currencyId: this.data.currency_id, digits: [16, 0] });
    }

    name(id) {
        return this.data.segments.find((segment) => segment.id === id)?.name || "";
    }

    open(from, to) {
        const name = (state) => state.name;
        this.action.doAction({
            type: "ir.actions.act_window",
            name: `${name(from)} → ${name(to)}`,
            res_model: "crm.rfm.migration",
            views: [
                [false, "list"],
                [false, "kanban"],
                [false, "pivot"],
            ],
            domain: [
                ["model_id", "=", this.data.model_id],
                ["from_segment_id", "=", from.id || false],
                ["to_segment_id", "=", to.id || false],
            ],
            context: { rfm_from: this.data.from_id, rfm_to: this.data.to_id },
        });
    }
}

registry.category("actions").add("crm_rfm_migration", RfmMigration);
