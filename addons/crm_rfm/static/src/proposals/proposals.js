import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { formatFloat } from "@web/views/fields/formatters";
import { useRecordObserver } from "@web/model/relational_model/utils";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/**
 * Beside a quotation: what the customer may need too, with the reason; one click adds it.
 * Loaded after the form, so the quotation opens as fast as without it.
 */
export class RfmProposals extends Component {
    static template = "crm_rfm.Proposals";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.notification = useService("notification");
        this.state = useState({ items: [], busy: false, loading: false });
        this.kinds = {
            again: _t("Due again"),
            with: _t("Goes with it"),
            new: _t("New to the customer"),
        };
        this.asked = "";
        useRecordObserver((record) => this.load(record));
    }

    request(record) {
        const { partner_id, company_id, order_line } = record.data;
        const products = order_line.records.map((line) => line.data.product_id?.id).filter(Boolean);
        return [partner_id?.id || false, company_id?.id || false, products, record.resId || false];
    }

    async load(record) {
        const request = this.request(record);
        const asked = JSON.stringify(request);
        if (asked === this.asked) {
            return;
        }
        this.asked = asked;
        this.state.loading = true;
        const items =
            request[0] && request[1] && ["draft", "sent"].includes(record.data.state)
                ? await this.orm.silent.call("sale.order", "get_rfm_proposals", request)
                : [];
        if (asked === this.asked) {
            this.state.items = items;
            this.state.loading = false;
        }
    }

    quantity(item) {
        return formatFloat(item.quantity, { trailingZeros: false });
    }

    async add(item) {
        if (await this.decide("action_add_rfm_proposal", item)) {
            this.notification.add(_t("%s was added.", item.name), { type: "success" });
        }
    }

    decline(item) {
        return this.decide("action_decline_rfm_proposal", item);
    }

    async decide(method, item) {
        const record = this.props.record;
        this.state.busy = true;
        try {
            const fresh = !record.resId;
            if (!(await record.save())) {
                return false;
            }
            if (fresh) {
                await this.orm.silent.call("sale.order", "get_rfm_proposals", this.request(record));
            }
            await this.orm.call("sale.order", method, [[record.resId], item.product_id]);
            this.asked = "";
            this.state.items = this.state.items.filter((other) => other !== item);
            await record.load();
            return true;
        } finally {
            this.state.busy = false;
        }
    }
}

registry.category("view_widgets").add("crm_rfm_proposals", {
    component: RfmProposals,
    fieldDependencies: [
        { name: "company_id", type: "many2one" },
        { name: "partner_id", type: "many2one" },
        { name: "state", type: "selection" },
    ],
});
