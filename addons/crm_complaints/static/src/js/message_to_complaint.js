import { registerMessageAction } from "@mail/core/common/message_actions";
import { _t } from "@web/core/l10n/translation";
import { user } from "@web/core/user";

// a request, not an await: the action bar is drawn at once, the group is known when a message is pointed at
let handlesComplaints = false;
user.hasGroup("crm_complaints.group_user").then((has) => {
    handlesComplaints = has;
});

registerMessageAction("make-complaint", {
    condition: ({ message, thread }) =>
        handlesComplaints &&
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
