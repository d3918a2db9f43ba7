import { Component, onMounted, onWillDestroy, onWillStart, useRef, useState } from "@odoo/owl";
import { deserializeDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useHotkey } from "@web/core/hotkeys/hotkey_hook";
import { useBus, useService } from "@web/core/utils/hooks";
import { SelectCreateDialog } from "@web/views/view_dialogs/select_create_dialog";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

import { clock } from "./call_clock";

const REFRESH = 15000;
const STATE_CLASS = { available: "text-bg-success", on_call: "text-bg-danger", wrap_up: "text-bg-warning" };
const CALL_CLASS = { ringing: "bg-success-subtle", answered: "bg-danger-subtle" };

/**
 * All that an operator needs: what I am doing, the call with its customer, the
 * next one, what came of the last one, who waits to be called back.
 */
export class CallScreen extends Component {
    static template = "crm_relations.CallScreen";
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.dialog = useService("dialog");
        this.notification = useService("notification");
        this.note = useRef("note");
        this.clock = clock;
        this.state = useState({ data: null, error: false, busy: false, tick: 0, outcome: false, note: "", number: "" });
        onWillStart(() => this.load());
        onMounted(() => {
            this.second = setInterval(() => this.state.tick++, 1000);
            this.refresh = setInterval(() => this.load(), REFRESH);
        });
        onWillDestroy(() => {
            clearInterval(this.second);
            clearInterval(this.refresh);
        });
        useBus(this.env.bus, "crm_call", () => this.load());
        const whenMine = (test) => ({ isAvailable: () => Boolean(this.state.data?.operator) && test() });
        useHotkey("alt+shift+n", () => this.next(), whenMine(() => !this.busyCall));
        useHotkey("alt+shift+a", () => this.call("action_answer", this.ringing), whenMine(() => Boolean(this.ringing)));
        useHotkey("alt+shift+e", () => this.call("action_end", this.talking), whenMine(() => Boolean(this.talking)));
        useHotkey("alt+shift+f", () => this.wrapUp(this.wrapping), whenMine(() => Boolean(this.wrapping)));
    }

    async load() {
        try {
            const data = await this.orm.silent.call("crm.call.operator", "screen", []);
            const first = this.current?.id;
            // the clocks of the browser and the server may differ
            this.offset = data.now ? deserializeDateTime(data.now).diffNow().as("seconds") : 0;
            Object.assign(this.state, { data, error: false });
            if (this.current?.id !== first) {
                Object.assign(this.state, { outcome: false, note: "" });
            }
        } catch {
            this.state.error = true;
        }
    }

    get calls() {
        return this.state.data?.calls || [];
    }

    get current() {
        return this.ringing || this.talking || this.wrapping;
    }

    get ringing() {
        return this.calls.find((call) => call.state === "ringing");
    }

    get talking() {
        return this.calls.find((call) => call.state === "answered");
    }

    get wrapping() {
        return this.calls.find((call) => ["ended", "missed"].includes(call.state));
    }

    get stateClass() {
        return STATE_CLASS[this.state.data.operator.state] || "text-bg-secondary";
    }

    get callClass() {
        return CALL_CLASS[this.current.state] || "bg-warning-subtle";
    }

    get busyCall() {
        return this.ringing || this.talking;
    }

    since(text) {
        this.state.tick; // read, so that it counts on
        return clock(-deserializeDateTime(text).diffNow().as("seconds") + (this.offset || 0));
    }

    /** One step at a time: buttons wait for the answer, then the screen shows what is so now. */
    async step(work) {
        if (this.state.busy) {
            return;
        }
        this.state.busy = true;
        try {
            return await work();
        } finally {
            this.state.busy = false;
            await this.load();
        }
    }

    setState(state, reason = false) {
        const { id } = this.state.data.operator;
        return this.step(() => this.orm.call("crm.call.operator", "action_set_state", [[id], state, reason]));
    }

    next() {
        return this.step(async () => {
            if (!(await this.orm.call("crm.call.operator", "action_next", []))) {
                this.notification.add(_t("Nobody waits for you."), { type: "info" });
            }
        });
    }

    call(method, call) {
        return this.step(() => this.orm.call("crm.call", method, [[call.id]]));
    }

    dial() {
        const number = this.state.number.trim();
        return this.step(async () => {
            await this.orm.call("crm.call.operator", "action_dial", [number]);
            this.state.number = "";
        });
    }

    choose(call, partnerId) {
        return this.step(() => this.orm.call("crm.call", "action_choose_partner", [[call.id], partnerId]));
    }

    search(call) {
        this.dialog.add(SelectCreateDialog, {
            resModel: "res.partner",
            title: _t("Who is calling?"),
            multiSelect: false,
            noCreate: false,
            context: { default_phone: call.number },
            onSelected: ([partnerId]) => this.choose(call, partnerId),
        });
    }

    wrapUp(call, { log = Boolean(call.partner), available = true } = {}) {
        const { outcome, note } = this.state;
        return this.step(async () => {
            const logged = await this.orm.call("crm.call", "action_wrap_up", [[call.id], outcome, note, log, available]);
            Object.assign(this.state, { outcome: false, note: "" });
            this.notification.add(logged ? _t("Logged as a contact.") : _t("Finished."), { type: "success" });
        });
    }

    open(model, id) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: model,
            res_id: id,
            views: [[false, "form"]],
        });
    }
}

registry.category("actions").add("crm_call_screen", CallScreen);
