import { toRaw } from "@odoo/owl";
import { registerMessageAction } from "@mail/core/common/message_actions";
import { _t } from "@web/core/l10n/translation";
import { session } from "@web/session";

const MODELS = new Set(["res.partner", "crm.lead"]);

/** What a customer wrote becomes a contact with outcome and next step, once. */
registerMessageAction("crm-log-interaction", {
    condition: ({ message, thread }) =>
        session.crm_may_log && // came with the page: a condition cannot wait for an answer
        MODELS.has(thread?.model) &&
        !message.isNote &&
        !message.is_transient &&
        ["email", "email_outgoing", "comment", "sms", "snailmail"].includes(message.message_type),
    icon: "fa fa-address-book-o",
    name: _t("Log as a Contact"),
    onSelected: async ({ message: msg, owner, thread: thr }) => {
        const message = toRaw(msg);
        const thread = toRaw(thr);
        const { orm, action } = owner.env.services;
        const next = await orm.call("mail.message", "action_crm_log_interaction", [[message.id]]);
        await action.doAction(next, { onClose: () => thread.fetchNewMessages() });
    },
    sequence: 60,
});
