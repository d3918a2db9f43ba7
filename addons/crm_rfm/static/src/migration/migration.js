import { onWillStart } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { RfmScreen } from "@crm_rfm/screen/screen";

/** Movements between segments: a matrix of two snapshots, and what follows if they repeat. */
export class RfmMigration extends RfmScreen {
    static template = "crm_rfm.Migration";

    setup() {
        super.setup();
        this.state.measure = "count";
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

    selectModel(modelId) {
        return this.load(modelId, false, false);
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
        return cell && total ? this.percent(cell.count / total) : "";
    }

    rowTotal(from, measure = "count") {
        return this.states.reduce((sum, to) => sum + (this.cell(from, to.id)?.[measure] || 0), 0);
    }

    columnTotal(to, measure) {
        return this.states.reduce((sum, from) => sum + (this.cell(from.id, to)?.[measure] || 0), 0);
    }

    total(measure) {
        return this.states.reduce((sum, from) => sum + this.rowTotal(from.id, measure), 0);
    }

    /** A number of the matrix as the user wants to see it. */
    shown(value) {
        return this.state.measure === "money" ? this.money(value) : this.integer(value);
    }

    className(cell) {
        return { up: "text-bg-success", down: "text-bg-danger", new: "text-bg-info" }[cell.direction] || "text-bg-light";
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
            context: {
                rfm_from: this.data.from_id,
                rfm_to: this.data.to_id,
                rfm_move: from.id && to.id ? [this.data.model_id, from.id, to.id] : false,
            },
        });
    }
}

registry.category("actions").add("crm_rfm_migration", RfmMigration);
