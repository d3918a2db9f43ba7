import { Component, onMounted, onWillDestroy, useState } from "@odoo/owl";
import { deserializeDateTime, formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useHotkey } from "@web/core/hotkeys/hotkey_hook";
import { useService } from "@web/core/utils/hooks";
import { formatMonetary } from "@web/views/fields/formatters";
import { useRecordObserver } from "@web/model/relational_model/utils";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

const HEALTH = {
    new: { label: _t("New"), icon: "fa-circle-o", className: "text-bg-secondary" },
    good: { label: _t("In good order"), icon: "fa-check-circle", className: "text-bg-success" },
    watch: { label: _t("Needs attention"), icon: "fa-exclamation-circle", className: "text-bg-warning" },
    risk: { label: _t("At risk"), icon: "fa-exclamation-triangle", className: "text-bg-danger" },
};
const NOW = {
    allow: { icon: "fa-check-circle", className: "text-success" },
    warn: { icon: "fa-exclamation-triangle", className: "text-warning" },
    refuse: { icon: "fa-ban", className: "text-danger" },
};

/**
 * Who this is, how things stand, what is open, what was said last and what
 * comes next: in one look, with one key to act. Asked after the form is painted.
 */
export class Customer360 extends Component {
    static template = "crm_relations.Customer360";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ card: null, error: false, tab: "open" });
        this.turn = 0;
        this.mounted = false;
        useRecordObserver((record) => {
            const { resId, data } = record;
            if (this.mounted && !record.dirty && (resId !== this.resId || data !== this.data)) {
                this.load(resId);
            }
            this.resId = resId;
            this.data = data;
        });
        onMounted(() => {
            this.mounted = true;
            this.load(this.props.record.resId);
        });
        onWillDestroy(() => {
            this.mounted = false;
        });
        const when = (flag) => ({ isAvailable: () => Boolean(this.state.card?.[flag]), bypassEditableProtection: false });
        useHotkey("alt+shift+l", () => this.run("action_crm_log_interaction"), when("can_log"));
        useHotkey("alt+shift+w", () => this.run("action_crm_360_write"), when("can_log"));
        useHotkey("alt+shift+p", () => this.run("action_crm_360_plan"), when("can_log"));
        useHotkey("alt+shift+o", () => this.run("action_crm_360_new_opportunity"), when("can_sell"));
    }

    async load(resId) {
        const turn = ++this.turn;
        if (!resId) {
            this.state.card = null;
            return;
        }
        this.state.error = false;
        try {
            const [card] = await this.orm.silent.call("res.partner", "crm_360", [[resId]]);
            if (turn === this.turn && this.mounted) {
                this.state.card = card || null;
            }
        } catch {
            if (turn === this.turn && this.mounted) {
                this.state.error = true;
            }
        }
    }

    retry() {
        return this.load(this.props.record.resId);
    }

    get health() {
        return HEALTH[this.state.card.health.level];
    }

    get now() {
        return NOW[this.state.card.now.effect];
    }

    get facts() {
        const { identity } = this.state.card;
        return [
            identity.function && { icon: "fa-id-badge", text: identity.function, label: _t("Position") },
            identity.company && { icon: "fa-building-o", text: identity.company[1], label: _t("Company") },
            identity.place && { icon: "fa-map-marker", text: identity.place, label: _t("Place") },
            identity.language && { icon: "fa-language", text: identity.language, label: _t("Language") },
            identity.local_time && {
                icon: "fa-clock-o",
                text: _t("%(time)s at the customer's", { time: identity.local_time }),
                label: _t("Local time"),
            },
            identity.owner && { icon: "fa-user-o", text: identity.owner, label: _t("Looked after by") },
            this.state.card.now?.prefers && {
                icon: "fa-heart-o",
                text: this.state.card.now.prefers,
                label: _t("Prefers"),
            },
        ].filter(Boolean);
    }

    money(amount) {
        return formatMonetary(amount, { currencyId: this.state.card.currency_id });
    }

    toneClass(item) {
        return item.tone ? `text-${item.tone}` : "";
    }

    relative(entry) {
        return deserializeDateTime(entry.date).toRelative();
    }

    absolute(entry) {
        return formatDateTime(deserializeDateTime(entry.date));
    }

    isOverdue(entry) {
        return deserializeDateTime(entry.date).endOf("day") < luxon.DateTime.local();
    }

    async run(method) {
        if (!method || !(await this.props.record.save())) {
            return;
        }
        const resId = this.props.record.resId;
        const action = await this.orm.call("res.partner", method, [[resId]]);
        await this.action.doAction(action, {
            onClose: () => this.mounted && this.props.record.load(),
        });
    }

    async openEntry(entry) {
        const action = await this.orm.call("crm.timeline", "action_open_source", [[entry.id]]);
        await this.action.doAction(action, { onClose: () => this.mounted && this.retry() });
    }
}

registry.category("view_widgets").add("crm_customer_360", { component: Customer360 });
