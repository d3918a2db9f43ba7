import { Component, onWillDestroy, status, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";
import { debounce } from "@web/core/utils/timing";
import { useRecordObserver } from "@web/model/relational_model/utils";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

const FIELDS = ["name", "email", "phone", "vat", "city", "zip", "birthdate_date"];
const DELAY = 300;

/**
 * Customers that look like the one on the form, asked for after the form is
 * painted and again 300 ms after a change. Never keeps anybody from saving.
 */
export class CrmDuplicates extends Component {
    static template = "crm_relations.Duplicates";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.notification = useService("notification");
        this.state = useState({ found: [], unfolded: false, mayMerge: false });
        this.asked = "";
        this.turn = 0;
        this.dismissed = [];
        this.check = debounce(this.check.bind(this), DELAY);
        useRecordObserver((record) => this.onChange(record));
        // a form can be left before it was ever mounted
        onWillDestroy(() => this.check.cancel());
        user.hasGroup("base.group_partner_manager").then((mayMerge) => {
            this.state.mayMerge = mayMerge;
        });
    }

    get resId() {
        return this.props.record.resId || 0;
    }

    get strong() {
        return this.state.found.filter((other) => other.level !== "grey");
    }

    get weak() {
        return this.state.found.filter((other) => other.level === "grey");
    }

    className(level) {
        return { red: "text-bg-danger", amber: "text-bg-warning", grey: "text-bg-secondary" }[level];
    }

    label(level) {
        return { red: _t("Already exists"), amber: _t("Very likely"), grey: _t("Similar") }[level];
    }

    onChange(record) {
        const values = {};
        for (const name of FIELDS) {
            const value = record.data[name];
            if (value) {
                values[name] = value.toISODate ? value.toISODate() : value;
            }
        }
        if (record.data.parent_id) {
            values.parent_id = record.data.parent_id.id;
        }
        const resId = record.resId || 0;
        if (resId && this.dismissed.length) {
            // decided before the customer was saved
            this.orm.call("res.partner", "crm_mark_distinct", [[resId], this.dismissed.splice(0)]);
        }
        const question = JSON.stringify([resId, values]);
        if (question !== this.asked) {
            this.asked = question;
            this.check(values, resId);
        }
    }

    async check(values, resId) {
        if (status(this) === "destroyed") {
            return;
        }
        const turn = ++this.turn;
        const asks = values.email || values.phone || values.vat || (values.name || "").length > 3;
        const found = asks
            ? await this.orm.silent.call("res.partner", "crm_check_duplicates", [values, resId])
            : [];
        if (turn === this.turn) {
            this.state.found = found.filter((other) => !this.dismissed.includes(other.id));
        }
    }

    async open(other) {
        if (!this.resId) {
            // left without a question, the form would be saved: a duplicate
            await this.props.record.discard();
        }
        await this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "res.partner",
            res_id: other.id,
            views: [[false, "form"]],
        });
    }

    async merge(other) {
        if (await this.props.record.save()) {
            const action = await this.orm.call("res.partner", "crm_action_merge_with", [
                [this.resId],
                other.id,
            ]);
            await this.action.doAction(action, { onClose: () => this.props.record.load() });
        }
    }

    async dismiss(other) {
        if (this.resId) {
            await this.orm.call("res.partner", "crm_mark_distinct", [[this.resId], [other.id]]);
        } else {
            this.dismissed.push(other.id);
        }
        this.state.found = this.state.found.filter((found) => found !== other);
    }
}

registry.category("view_widgets").add("crm_duplicates", {
    component: CrmDuplicates,
    fieldDependencies: [
        { name: "name", type: "char" },
        { name: "email", type: "char" },
        { name: "phone", type: "char" },
        { name: "vat", type: "char" },
        { name: "city", type: "char" },
        { name: "zip", type: "char" },
        { name: "parent_id", type: "many2one", relation: "res.partner" },
    ],
});
