import { onWillStart } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { RfmScreen } from "@crm_rfm/screen/screen";

/** Who matters: the segment map with customers and money, concentration, salespeople, countries. */
export class RfmOverview extends RfmScreen {
    static template = "crm_rfm.Overview";

    setup() {
        super.setup();
        Object.assign(this.state, { mayDefine: false, field: "", rows: [] });
        onWillStart(async () => {
            this.state.mayDefine = await user.hasGroup("crm_rfm.group_manager");
            await this.load(false);
        });
    }

    async load(modelId) {
        this.state.data = await this.orm.call("crm.rfm.model", "get_overview", [], { model_id: modelId });
        await this.breakDown(this.state.field || this.data.breakdowns?.[0]?.name);
    }

    async breakDown(field) {
        this.state.field = field;
        this.state.rows = field ? await this.orm.call("crm.rfm.model", "get_breakdown", [[this.data.model_id], field]) : [];
    }

    setUp() {
        this.action.doAction("crm_rfm.crm_rfm_setup_action");
    }

    get scores() {
        return [...Array(this.data.bands).keys()].map((index) => index + 1);
    }

    get rows() {
        return [...this.scores].reverse();
    }

    get total() {
        return this.data.segments.reduce((sum, segment) => sum + segment.money, 0);
    }

    get breakdowns() {
        return [
            { key: "user_id", rows: this.data.salespeople },
            { key: "country_id", rows: this.data.countries },
            { key: this.state.field, rows: this.state.rows },
        ];
    }

    cell(r, fm) {
        return this.data.cells.find((cell) => cell.r === r && cell.fm === fm);
    }

    openScores(name, domain) {
        this.action.doAction({
            type: "ir.actions.act_window",
            name,
            res_model: "crm.rfm.score",
            views: [
                [false, "list"],
                [false, "kanban"],
                [false, "form"],
            ],
            domain: [["model_id", "=", this.data.model_id], ...domain],
        });
    }

    openCell(cell) {
        this.openScores(cell.segment, [
            ["r_score", "=", cell.r],
            ["fm_score", "=", cell.fm],
        ]);
    }

    openSegment(segment) {
        this.openScores(segment.name, [["segment_id", "=", segment.id]]);
    }

    async newAction(segment) {
        this.action.doAction(
            await this.orm.call("crm.rfm.segment", "action_new_action", [segment.id], {
                context: { ...user.context, rfm_model: this.data.model_id },
            })
        );
    }

    openTenth(item) {
        this.openScores(_t("Best %s %", 10 * item.tenth), [
            ["r_score", ">", 0],
            ["monetary", ">=", item.lowest],
        ]);
    }

    openRow(key, row) {
        if (row.id !== -1) {
            this.openScores(row.name, [
                ["r_score", ">", 0],
                [`partner_id.${key}`, "=", row.id],
            ]);
        }
    }
}

registry.category("actions").add("crm_rfm_overview", RfmOverview);
