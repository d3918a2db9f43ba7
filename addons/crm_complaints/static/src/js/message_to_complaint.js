import { registerMessageAction } from "@mail/core/common/message_actions";
import { _t } from "@web/core/l10n/translation";
import { session } from "@web/session";

registerMessageAction("make-complaint", {
    condition: ({ message, thread }) =>
        session.crm_may_complain && // came with the page: a condition cannot wait for an answer
        ["email", "comment"].includes(message.message_type) &&
        !message.isSelfAuthored &&
        thread?.model &&
        !["crm.complaint", "discuss.channel", "mail.box"].includes(thread.model),
    icon: "fa fa-exclamation-circle",
    name: _t("Make a Complaint"),
    onSelected: async ({ message, owner }) => {
        const services = owner.env.services;
        const action = await services.orm.call("mail.message", "action_make_complaint", [[message.id]]);
        await services.action.doAction(action);
    },
    sequence: 90,
});
