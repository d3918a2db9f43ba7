import { onWillStart } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { RfmScreen } from "@crm_rfm/screen/screen";

/** Who comes back: cohorts of first purchase, spending by year of the relationship, costs of winning and keeping. */
export class RfmRetention extends RfmScreen {
    static template = "crm_rfm.Retention";

    setup() {
        super.setup();
        Object.assign(this.state, { measure: "share", mayEnter: false });
        onWillStart(async () => {
            this.state.mayEnter = await user.hasGroup("crm_rfm.group_manager");
            await this.load(false, "quarter");
        });
    }

    async load(modelId, unit) {
        this.state.data = await this.orm.call("crm.rfm.model", "get_retention", [], { model_id: modelId, unit });
    }

    selectModel(modelId) {
        return this.load(modelId, this.data.unit);
    }

    get ages() {
        const longest = Math.max(0, ...this.data.cohorts.rows.map((row) => row.cells.length));
        return [...Array(longest).keys()];
    }

    shown(cell, size) {
        if (this.state.measure === "count") {
            return this.integer(cell.count);
        }
        if (this.state.measure === "money") {
            return this.money(cell.money);
        }
        return this.percent(size ? cell.count / size : 0);
    }

    /** The higher the share, the darker: the text stays readable on the darkest. */
    shade(cell, size) {
        const share = size ? Math.min(1, cell.count / size) : 0;
        return `background-color: rgba(1, 126, 132, ${(0.45 * share).toFixed(2)});`;
    }

    total(age) {
        return this.data.cohorts.totals.find((item) => item.age === age);
    }

    async open(row, cell) {
        this.action.doAction(
            await this.orm.call("crm.rfm.cohort", "open_period", [
                this.data.model_id,
                row.cells[0].from,
                row.cells[0].until,
                cell.from,
                cell.until,
            ])
        );
    }

    openCosts() {
        this.action.doAction("crm_rfm.crm_rfm_cost_action");
    }
}

registry.category("actions").add("crm_rfm_retention", RfmRetention);
