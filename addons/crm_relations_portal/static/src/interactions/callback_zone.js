import { Interaction } from "@web/public/interaction";
import { registry } from "@web/core/registry";

/** The time zone of the browser, where we do not know the customer's. */
export class CallbackZone extends Interaction {
    static selector = ".o_crm_callback select[data-guess]";

    setup() {
        const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
        if ([...this.el.options].some((option) => option.value === zone)) {
            this.el.value = zone;
        }
    }
}

registry.category("public.interactions").add("crm_relations_portal.callback_zone", CallbackZone);
