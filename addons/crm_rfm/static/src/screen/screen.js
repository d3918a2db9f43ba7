import { Component, useState } from "@odoo/owl";
import { useService } from "@web/core/utils/hooks";
import { formatFloat, formatInteger, formatMonetary } from "@web/views/fields/formatters";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

/** What the screens of figures share: the figures of one scoring model, as text; a screen says how to load them. */
export class RfmScreen extends Component {
    static components = { Layout };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ data: null });
        this.display = { controlPanel: {} };
    }

    get data() {
        return this.state.data;
    }

    /** Called when the user chooses another scoring model. */
    selectModel(modelId) {
        return this.load(modelId);
    }

    integer(value) {
        return formatInteger(value);
    }

    decimal(value) {
        return formatFloat(value, { digits: [16, 1] });
    }

    money(value) {
        return formatMonetary(value, { currencyId: this.data.currency_id, digits: [16, 0] });
    }

    percent(share) {
        return formatFloat(100 * share, { digits: [16, 0] }) + " %";
    }
}
