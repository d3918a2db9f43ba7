import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";

/**
 * A call that begins to ring shows wherever the operator is in Odoo; one click
 * brings it to the operator's screen. An open screen reads itself anew.
 */
export const callPopupService = {
    dependencies: ["action", "bus_service", "notification"],
    start(env, { action, bus_service: bus, notification }) {
        const shown = new Map();
        function show(call) {
            env.bus.trigger("crm_call", call);
            shown.get(call.id)?.();
            shown.delete(call.id);
            if (call.state !== "ringing" || call.direction !== "in") {
                return;
            }
            const close = notification.add(call.name, {
                title: _t("Incoming call: %s", call.queue),
                type: "info",
                sticky: true,
                className: "o_crm_call_popup",
                buttons: [
                    {
                        name: _t("Open"),
                        primary: true,
                        onClick: () => {
                            close();
                            action.doAction("crm_relations.crm_call_screen_action", { clearBreadcrumbs: true });
                        },
                    },
                ],
            });
            shown.set(call.id, close);
        }
        bus.subscribe("crm_call", show);
        bus.start();
        return { show };
    },
};

registry.category("services").add("crm_call_popup", callPopupService);
