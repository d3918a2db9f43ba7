import { Component } from "@odoo/owl";
import { deserializeDate, formatDate } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { formatMonetary } from "@web/views/fields/formatters";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const STAGES = {
    order: { label: _t("Order"), icon: "fa-file-text-o", empty: _t("Nothing ordered") },
    delivery: { label: _t("Delivery"), icon: "fa-truck", empty: _t("Nothing delivered") },
    invoice: { label: _t("Invoice"), icon: "fa-file-o", empty: _t("Nothing invoiced") },
    payment: { label: _t("Payment"), icon: "fa-money", empty: _t("Nothing paid") },
    credit: { label: _t("Credit Note"), icon: "fa-undo", empty: "" },
};
const STATE_CLASS = {
    draft: "text-bg-info",
    sent: "text-bg-info",
    order: "text-bg-info",
    to_invoice: "text-bg-warning",
    invoice_draft: "text-bg-warning",
    unpaid: "text-bg-warning",
    paid: "text-bg-success",
    credited: "text-bg-secondary",
    cancel: "text-bg-secondary",
};
const PROGRESS_LABEL = {
    none: _t("not yet"),
    partial: _t("in part"),
    done: _t("complete"),
    cancelled: _t("cancelled"),
};

/**
 * Quotation, delivery, invoice, payment and credit note of each order in a
 * row, every document one click away. On a phone the stages stand below each
 * other.
 */
export class OrderFlowChain extends Component {
    static template = "crm_erp_bridge.OrderFlowChain";
    static props = { ...standardFieldProps };

    setup() {
        this.action = useService("action");
        this.stageInfo = STAGES;
    }

    get chains() {
        return this.props.record.data[this.props.name] || [];
    }

    money(amount, currencyId) {
        return formatMonetary(amount, { currencyId });
    }

    date(value) {
        return value ? formatDate(deserializeDate(value)) : "";
    }

    stateClass(chain) {
        return STATE_CLASS[chain.state] || "text-bg-secondary";
    }

    progressLabel(stage) {
        return PROGRESS_LABEL[stage.progress];
    }

    /** The amount of the only document of a stage stands above it already. */
    showsAmount(stage, document) {
        return stage.documents.length > 1 || document.amount !== stage.amount;
    }

    open(document) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: document.model,
            res_id: document.id,
            views: [[false, "form"]],
        });
    }
}

registry.category("fields").add("order_flow_chain", {
    component: OrderFlowChain,
    displayName: _t("Order Flow Chain"),
    supportedTypes: ["json"],
});
