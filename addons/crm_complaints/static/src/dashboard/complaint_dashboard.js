import { Component, onWillStart, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

/** What a team leader looks at in the morning: backlog, deadlines, load. */
export class ComplaintDashboard extends Component {
    static template = "crm_complaints.Dashboard";
    static components = { Layout };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ teamId: 0, data: null });
        onWillStart(() => this.load());
    }

    async load() {
        this.state.data = await this.orm.call("crm.complaint", "crm_dashboard", [this.state.teamId || false]);
    }

    async onTeam(event) {
        this.state.teamId = parseInt(event.target.value) || 0;
        await this.load();
    }

    open(name, model, domain) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            name,
            res_model: model,
            views: [
                [false, "list"],
                [false, "form"],
            ],
            domain,
        });
    }

    /** Ages stand on the read model, whose rows carry the complaint. */
    openAge(age) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            name: age.label,
            res_model: "crm.complaint.report",
            views: [[false, "list"]],
            domain: age.domain,
        });
    }

    openComplaint(id) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "crm.complaint",
            res_id: id,
            views: [[false, "form"]],
        });
    }
}

registry.category("actions").add("crm_complaints.dashboard", ComplaintDashboard);
