import { Component, onMounted, onWillDestroy, onWillStart, useState } from "@odoo/owl";
import { deserializeDateTime, formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

import { clock } from "../call_screen/call_clock";

const REFRESH = 5000;

/** How it stands now and how the day went: for the wall, and for the pocket of a team lead. */
export class Wallboard extends Component {
    static template = "crm_relations.Wallboard";
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.clock = clock;
        this.state = useState({ data: null, error: false });
        onWillStart(() => this.load());
        onMounted(() => {
            this.timer = setInterval(() => document.visibilityState === "visible" && this.load(), REFRESH);
        });
        onWillDestroy(() => clearInterval(this.timer));
    }

    async load() {
        try {
            this.state.data = await this.orm.silent.call("crm.call.queue", "wallboard", []);
            this.state.error = false;
        } catch {
            this.state.error = true;
        }
    }

    get time() {
        return formatDateTime(deserializeDateTime(this.state.data.now));
    }

    percent(value) {
        return value === null || value === undefined ? "–" : `${value.toFixed(1)} %`;
    }

    seconds(value) {
        return value === null || value === undefined ? "–" : clock(value);
    }

    number(value) {
        return value || 0;
    }

    levelClass(queue) {
        const level = queue.figures.service_level;
        if (level === null || level === undefined) {
            return "text-muted";
        }
        return level >= queue.target_percent ? "text-success" : "text-danger";
    }

    waitClass(queue) {
        return queue.longest > queue.target_seconds ? "text-danger" : "";
    }

    figures(queue) {
        const { figures } = queue;
        return [
            { label: _t("Service level of answered"), value: this.percent(figures.service_level_answered) },
            { label: _t("Speed of answer"), value: this.seconds(figures.asa) },
            { label: _t("Abandonment"), value: this.percent(figures.abandonment) },
            { label: _t("… without short ones"), value: this.percent(figures.abandonment_long) },
            { label: _t("Handling time"), value: this.seconds(figures.aht) },
            { label: _t("Solved at first contact, 7 days"), value: this.percent(figures.fcr_7) },
            { label: _t("… 30 days"), value: this.percent(figures.fcr_30) },
        ];
    }

    states(queue) {
        return Object.entries(this.state.data.states)
            .map(([state, label]) => ({ state, label, count: queue.operators[state] || 0 }))
            .filter(({ count, state }) => count || state === "available");
    }

    openCalls(queue, lost) {
        return this.action.doAction("crm_relations.crm_call_action", {
            additionalContext: { search_default_queue_id: queue.id, [lost ? "search_default_lost" : "search_default_open"]: 1 },
        });
    }
}

registry.category("actions").add("crm_call_wallboard", Wallboard);
