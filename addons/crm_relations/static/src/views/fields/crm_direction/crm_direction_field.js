import { Component } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** Who took the initiative, as one arrow: towards us or away from us. Nothing when nobody did. */
export class CrmDirectionField extends Component {
    static template = "crm_relations.CrmDirectionField";
    static props = { ...standardFieldProps };

    get value() {
        return this.props.record.data[this.props.name];
    }

    get label() {
        const selection = this.props.record.fields[this.props.name].selection;
        return selection.find(([value]) => value === this.value)?.[1] || "";
    }
}

export const crmDirectionField = {
    component: CrmDirectionField,
    supportedTypes: ["selection"],
};

registry.category("fields").add("crm_direction", crmDirectionField);
