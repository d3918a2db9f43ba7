import { Component, onWillDestroy, status, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { debounce } from "@web/core/utils/timing";
import { useRecordObserver } from "@web/model/relational_model/utils";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

const FIELDS = ["name", "description", "remedy_sought"];
const DELAY = 400;

/**
 * Experiences and past complaints like the one on the form, asked for after
 * the form is painted and again 400 ms after a change. One click takes the
 * solution over. Never keeps anybody from saving.
 */
export class ComplaintSimilar extends Component {
    static template = "crm_complaints.Similar";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.notification = useService("notification");
        this.state = useState({ solutions: [], cases: [], summary: "", unfolded: !this.resId });
        this.asked = "";
        this.turn = 0;
        this.ask = debounce(this.ask.bind(this), DELAY);
        useRecordObserver((record) => this.onChange(record));
        // a form can be left before it was ever mounted
        onWillDestroy(() => this.ask.cancel());
    }

    get resId() {
        return this.props.record.resId || 0;
    }

    get count() {
        return this.state.solutions.length + this.state.cases.length;
    }

    get mayTakeOver() {
        const phase = this.props.record.data.phase;
        return !this.props.readonly && phase !== "closed";
    }

    get heading() {
        const { solutions, cases } = this.state;
        const parts = [];
        if (solutions.length) {
            parts.push(
                solutions.length === 1 ? _t("1 experience fits") : _t("%s experiences fit", solutions.length)
            );
        }
        if (cases.length) {
            parts.push(cases.length === 1 ? _t("1 similar complaint") : _t("%s similar complaints", cases.length));
        }
        return parts.join(", ");
    }

    onChange(record) {
        const values = {};
        for (const name of FIELDS) {
            if (record.data[name]) {
                values[name] = record.data[name].toString();
            }
        }
        const question = JSON.stringify([record.resId || 0, values]);
        if (question !== this.asked) {
            this.asked = question;
            this.ask(values, record.resId || 0);
        }
    }

    async ask(values, resId) {
        if (status(this) === "destroyed") {
            return;
        }
        const turn = ++this.turn;
        const asks = (values.name || "").length > 3 || (values.description || "").length > 20;
        const found = asks
            ? await this.orm.silent.call("crm.complaint", "crm_similar", [values, resId])
            : { solutions: [], cases: [], summary: "" };
        if (turn === this.turn && status(this) !== "destroyed") {
            Object.assign(this.state, found);
        }
    }

    verdict(card) {
        return { worked: _t("Worked"), failed: _t("Did not work") }[card.verdict];
    }

    async takeOver(source, card) {
        if (!(await this.props.record.save())) {
            return;
        }
        await this.orm.call("crm.complaint", "crm_take_over", [[this.resId], source, card.id]);
        await this.props.record.load();
        this.notification.add(_t("Taken over into the answer. Read it before it is sent: it was written for another case."), {
            type: "success",
        });
    }

    async open(model, card) {
        if (this.resId && !(await this.props.record.save())) {
            return;
        }
        await this.action.doAction(
            {
                type: "ir.actions.act_window",
                res_model: model,
                res_id: card.id,
                views: [[false, "form"]],
                target: this.resId ? "current" : "new",
            }
        );
    }
}

registry.category("view_widgets").add("crm_complaint_similar", {
    component: ComplaintSimilar,
    fieldDependencies: [
        { name: "name", type: "char" },
        { name: "description", type: "html" },
        { name: "remedy_sought", type: "text" },
        { name: "phase", type: "selection" },
    ],
});
