import { Component, onWillUnmount, useEffect, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { useRecordObserver } from "@web/model/relational_model/utils";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { layout } from "./crm_relation_layout";

/** Who is related to this customer, as a picture: each party can be clicked. Loaded when its page is opened. */
export class CrmRelationGraph extends Component {
    static template = "crm_relations.CrmRelationGraph";
    static props = { ...standardWidgetProps };

    setup() {
        // not the protected service: an answer that comes after the page was left is dropped here
        this.orm = this.env.services.orm;
        this.action = useService("action");
        this.root = useRef("root");
        this.state = useState({ graph: null, depth: 1, width: 640, failed: false });
        this.alive = true;
        onWillUnmount(() => (this.alive = false));
        useRecordObserver((record) => {
            const shown = `${record.resId}:${record.data.crm_relation_side_ids?.currentIds}`;
            if (record.resId && shown !== this.shown) {
                this.shown = shown;
                this.load(record.resId);
            }
        });
        useEffect(
            () => {
                const observer = new ResizeObserver(([entry]) => {
                    const width = Math.round(entry.contentRect.width);
                    if (width && Math.abs(width - this.state.width) > 8) {
                        this.state.width = width;
                    }
                });
                observer.observe(this.root.el);
                return () => observer.disconnect();
            },
            () => []
        );
    }

    get picture() {
        return layout(this.state.graph, this.state.width);
    }

    get summary() {
        return _t("Picture of the relations of %s", this.state.graph.nodes[0].name);
    }

    async load(resId = this.props.record.resId) {
        const asked = `${resId}:${this.state.depth}`;
        this.asked = asked;
        try {
            const graph = await this.orm.silent.call("res.partner", "crm_relation_graph", [[resId]], {
                depth: this.state.depth,
            });
            if (this.alive && this.asked === asked) {
                this.state.graph = graph;
                this.state.failed = false;
            }
        } catch {
            // the list below the picture still works
            if (this.alive && this.asked === asked) {
                this.state.failed = true;
            }
        }
    }

    setDepth(depth) {
        this.state.depth = depth;
        return this.load();
    }

    open(node) {
        if (node.hop > 0) {
            this.action.doAction({
                type: "ir.actions.act_window",
                res_model: "res.partner",
                res_id: node.id,
                views: [[false, "form"]],
                target: "current",
            });
        }
    }

    onKeydown(ev, node) {
        if (ev.key === "Enter" || ev.key === " ") {
            ev.preventDefault();
            this.open(node);
        }
    }
}

export const crmRelationGraph = {
    component: CrmRelationGraph,
    fieldDependencies: [{ name: "crm_relation_side_ids", type: "one2many" }],
};

registry.category("view_widgets").add("crm_relation_graph", crmRelationGraph);
