import { Component, onWillDestroy, onWillStart, useEffect, useRef } from "@odoo/owl";
import { loadBundle } from "@web/core/assets";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const COLORS = {
    main: "#714b67",
    soft: "#b5a1b0",
    faint: "#ddd5da",
    limit: "#c0392b",
    center: "#2e7d32",
    other: "#1f6f8b",
};

function percentTick(value) {
    return `${value} %`;
}

/** A line without points, for centers, limits and targets. */
function guide(label, data, color, dashed = true) {
    return {
        type: "line",
        label,
        data,
        borderColor: color,
        backgroundColor: color,
        borderWidth: 1.5,
        borderDash: dashed ? [6, 4] : [],
        pointRadius: 0,
        fill: false,
        // above the bars
        order: 0,
    };
}

const CONFIGS = {
    pareto(data) {
        const labels = data.rows.map((row) => row.label);
        const color = { A: COLORS.main, B: COLORS.soft, C: COLORS.faint };
        return {
            data: {
                labels,
                datasets: [
                    guide(_t("Cumulative"), data.rows.map((row) => row.cumulative), COLORS.other, false),
                    {
                        type: "bar",
                        order: 1,
                        label: _t("Value"),
                        yAxisID: "y1",
                        data: data.rows.map((row) => row.value),
                        backgroundColor: data.rows.map((row) => color[row.rank]),
                    },
                ],
            },
            scales: {
                y: { min: 0, max: 100, position: "right", grid: { display: false }, ticks: { callback: percentTick } },
                y1: { beginAtZero: true, position: "left" },
                x: { ticks: { display: data.rows.length <= 12, maxRotation: 40 } },
            },
        };
    },
    control(data) {
        const flagged = (index) => Boolean(data.notes[index]);
        return {
            data: {
                labels: data.labels,
                datasets: [
                    {
                        type: "line",
                        label: _t("Complaints %s", data.unit),
                        data: data.values,
                        borderColor: COLORS.main,
                        backgroundColor: COLORS.main,
                        borderWidth: 2,
                        pointRadius: data.values.map((value, index) => (flagged(index) ? 6 : 3)),
                        pointBackgroundColor: data.values.map((value, index) =>
                            flagged(index) ? COLORS.limit : COLORS.main
                        ),
                        pointStyle: data.values.map((value, index) => (flagged(index) ? "rectRot" : "circle")),
                    },
                    guide(_t("Usual"), data.values.map(() => data.center), COLORS.center),
                    guide(_t("Upper limit"), data.upper, COLORS.limit),
                    guide(_t("Lower limit"), data.lower, COLORS.limit),
                ],
            },
            scales: { y: { beginAtZero: true } },
            afterLabel: (item) =>
                item.datasetIndex === 0
                    ? [_t("%s complaints", data.counts[item.dataIndex]), ...(data.notes[item.dataIndex] || [])]
                    : [],
        };
    },
    promise(data) {
        return {
            data: {
                labels: data.labels,
                datasets: [
                    guide(_t("Target"), data.labels.map(() => data.target), COLORS.center),
                    {
                        type: "bar",
                        order: 1,
                        label: _t("Kept"),
                        data: data.values,
                        backgroundColor: data.values.map((value) =>
                            value !== null && value < data.target ? COLORS.soft : COLORS.main
                        ),
                    },
                ],
            },
            scales: { y: { min: 0, max: 100, ticks: { callback: percentTick } } },
            afterLabel: (item) => (item.datasetIndex === 1 ? [_t("%s cases", data.counts[item.dataIndex])] : []),
        };
    },
};

/**
 * Draws a Json field: a Pareto diagram with its table, a control chart, or how
 * far a promise was kept. What is drawn is computed by the server.
 */
export class ComplaintChart extends Component {
    static template = "crm_complaints.Chart";
    static props = { ...standardFieldProps };

    setup() {
        this.action = useService("action");
        this.canvas = useRef("canvas");
        this.chart = null;
        onWillStart(() => loadBundle("web.chartjs_lib"));
        useEffect(
            () => {
                this.draw();
            },
            () => [JSON.stringify(this.data), this.canvas.el]
        );
        onWillDestroy(() => this.chart?.destroy());
    }

    get data() {
        return this.props.record.data[this.props.name] || null;
    }

    get isEmpty() {
        const data = this.data;
        return !data || !(data.rows || data.labels).length;
    }

    /** What a reader of the screen hears instead of the picture. */
    get description() {
        const data = this.data;
        if (data.kind === "pareto") {
            return _t("Pareto diagram, the values stand in the table below");
        }
        return data.labels.map((label, index) => `${label}: ${data.values[index] ?? "-"}`).join(", ");
    }

    draw() {
        this.chart?.destroy();
        this.chart = null;
        if (this.isEmpty || !this.canvas.el) {
            return;
        }
        const data = this.data;
        const { afterLabel, scales, data: chartData } = CONFIGS[data.kind](data);
        this.chart = new Chart(this.canvas.el, {
            type: "bar",
            data: chartData,
            options: {
                animation: false,
                maintainAspectRatio: false,
                scales,
                plugins: {
                    legend: {
                        position: "bottom",
                        display: data.kind !== "pareto",
                        labels: { usePointStyle: true, pointStyle: "line" },
                    },
                    tooltip: { callbacks: afterLabel ? { afterLabel } : {} },
                },
                onClick: (event, elements) => {
                    if (data.kind === "pareto" && elements.length) {
                        this.open(data.rows[elements[0].index]);
                    }
                },
            },
        });
    }

    open(row) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            name: row.label,
            res_model: "crm.complaint",
            views: [
                [false, "list"],
                [false, "form"],
            ],
            domain: row.domain,
        });
    }
}

registry.category("fields").add("crm_complaint_chart", {
    component: ComplaintChart,
    supportedTypes: ["json"],
});
