import { Component } from "@odoo/owl";
import { CopyButton } from "@web/core/copy_button/copy_button";
import { Dialog } from "@web/core/dialog/dialog";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";

/** The new secret of a telephone or other system: it stands here until the dialog is closed, and nowhere else. */
export class CallSecretDialog extends Component {
    static template = "crm_relations.CallSecretDialog";
    static components = { CopyButton, Dialog };
    static props = { name: String, url: String, secret: String, hint: { type: String, optional: true }, close: Function };

    setup() {
        this.title = _t("Secret of %s", this.props.name);
        this.copied = _t("Copied");
        this.hint =
            this.props.hint ||
            _t("Enter it in the telephone system now: it is shown this once. If it is lost, make a new one.");
    }
}

registry.category("actions").add("crm_call_secret", (env, { params }) => {
    const { name, url, secret, hint } = params;
    env.services.dialog.add(
        CallSecretDialog,
        { name, url, secret, hint },
        { onClose: () => env.services.action.doAction({ type: "ir.actions.client", tag: "soft_reload" }) }
    );
});
