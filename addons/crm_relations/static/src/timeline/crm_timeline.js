import { Component, onMounted, onWillDestroy, useRef, useState } from "@odoo/owl";
import { deserializeDateTime, formatDateTime, serializeDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { debounce } from "@web/core/utils/timing";
import { formatMonetary } from "@web/views/fields/formatters";
import { useRecordObserver } from "@web/model/relational_model/utils";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

import { UPCOMING, groupByDay, nextIndex, periodStart } from "./timeline_groups";

const { DateTime } = luxon;
const NO_FILTER = { kinds: [], channel: "", person: "", period: "", search: "" };
/** What is agreed for a date is planned; other documents, a quotation for one, that are not done yet are open. */
const APPOINTED = ["activity", "meeting", "interaction", "call"];
/** An activity has a day, no time: the server puts it at noon. */
const WITHOUT_TIME = ["activity"];

/**
 * The customer's timeline as a feed: newest first, by day, loaded page by
 * page while scrolling. Nothing is asked before the form is painted.
 */
export class CrmTimeline extends Component {
    static template = "crm_relations.Timeline";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.feed = useRef("feed");
        this.searchInput = useRef("search");
        this.sentinel = useRef("sentinel");
        this.upcoming = UPCOMING;
        this.state = useState({
            entries: [],
            meta: null,
            next: null,
            loading: true,
            error: false,
            focused: 0,
            filtersOpen: false,
            filter: { ...NO_FILTER, kinds: [] },
        });
        this.turn = 0;
        this.mounted = false;
        this.search = debounce(() => this.reload(), 300);
        useRecordObserver((record) => {
            const { resId, data } = record;
            if (this.mounted && !record.dirty && (resId !== this.resId || data !== this.data)) {
                this.reload(resId !== this.resId);
            }
            this.resId = resId;
            this.data = data;
        });
        onMounted(() => {
            this.mounted = true;
            this.reload(true);
            this.observer = new IntersectionObserver((seen) => {
                if (seen.some((entry) => entry.isIntersecting)) {
                    this.loadMore();
                }
            });
            this.observer.observe(this.sentinel.el);
        });
        onWillDestroy(() => {
            this.mounted = false;
            this.search.cancel();
            this.observer?.disconnect();
        });
    }

    // --- reading ---

    get partnerId() {
        return this.props.record.resId;
    }

    get options() {
        const { kinds, channel, person, period, search } = this.state.filter;
        const start = periodStart(period, DateTime.local());
        return {
            kinds,
            channels: channel ? [channel] : [],
            person_id: person ? parseInt(person, 10) : false,
            date_from: start ? serializeDateTime(start) : false,
            search,
        };
    }

    async reload(whole = false) {
        if (whole) {
            Object.assign(this.state, { entries: [], meta: null, filter: { ...NO_FILTER, kinds: [] } });
        }
        this.state.next = null;
        this.state.focused = 0;
        await this.load(null);
    }

    async loadMore() {
        if (this.state.next && !this.state.loading && !this.state.error) {
            await this.load(this.state.next);
        }
    }

    async load(before) {
        const turn = ++this.turn;
        if (!this.partnerId) {
            Object.assign(this.state, { entries: [], loading: false });
            return;
        }
        Object.assign(this.state, { loading: true, error: false });
        let page;
        try {
            page = await this.orm.silent.call("crm.timeline", "timeline_page", [this.partnerId], {
                ...this.options,
                before,
                meta: !this.state.meta,
            });
        } catch {
            if (turn === this.turn && this.mounted) {
                Object.assign(this.state, { loading: false, error: true, failedBefore: before });
            }
            return;
        }
        if (turn !== this.turn || !this.mounted) {
            return;
        }
        const entries = page.entries.map((entry) => ({ ...entry, date: deserializeDateTime(entry.date) }));
        this.state.entries = before ? [...this.state.entries, ...entries] : entries;
        this.state.next = page.next;
        this.state.meta = page.meta || this.state.meta;
        this.state.loading = false;
        if (page.next && this.observer) {
            // still in sight when the page was short: ask again
            this.observer.unobserve(this.sentinel.el);
            this.observer.observe(this.sentinel.el);
        }
    }

    retry() {
        return this.load(this.state.failedBefore);
    }

    // --- showing ---

    get groups() {
        let index = 0;
        return groupByDay(this.state.entries, DateTime.local()).map((group) => ({
            ...group,
            entries: group.entries.map((entry) => ({ entry, index: index++ })),
        }));
    }

    groupLabel(group) {
        const today = DateTime.local().startOf("day");
        const days = today.diff(group.date.startOf("day"), "days").days;
        if (group.key === UPCOMING) {
            return _t("Upcoming");
        }
        if (days === 0) {
            return _t("Today");
        }
        if (days === 1) {
            return _t("Yesterday");
        }
        const format = { weekday: "short", day: "numeric", month: "long" };
        return group.date.toLocaleString(group.date.year === today.year ? format : { ...format, year: "numeric" });
    }

    icon(entry) {
        const channels = { phone: "fa-phone", visit: "fa-map-marker", letter: "fa-file-text-o", sms: "fa-mobile" };
        if (entry.kind === "interaction" && entry.channel in channels) {
            return channels[entry.channel];
        }
        return this.state.meta?.icons[entry.kind] || "fa-circle-o";
    }

    kindLabel(entry) {
        return this.state.meta?.labels[entry.kind] || entry.kind;
    }

    channelLabel(entry) {
        return Object.fromEntries(this.state.meta?.channels || [])[entry.channel] || "";
    }

    absolute(entry) {
        return WITHOUT_TIME.includes(entry.kind)
            ? entry.date.toLocaleString(DateTime.DATE_HUGE)
            : `${formatDateTime(entry.date)} (${entry.date.offsetNameShort})`;
    }

    time(entry, group) {
        if (group.key === UPCOMING) {
            return entry.date.toRelative();
        }
        return WITHOUT_TIME.includes(entry.kind) ? "" : entry.date.toLocaleString(DateTime.TIME_SIMPLE);
    }

    relative(entry) {
        return entry.date.toRelative();
    }

    isOverdue(entry) {
        return entry.state === "planned" && entry.date.endOf("day") < DateTime.local();
    }

    plannedLabel(entry) {
        return APPOINTED.includes(entry.kind) ? _t("Planned") : _t("Open");
    }

    money(entry) {
        return entry.amount === false ? "" : formatMonetary(entry.amount, { currencyId: entry.currency_id });
    }

    isOther(entry) {
        return entry.person && entry.person[0] !== this.partnerId;
    }

    ariaLabel(entry) {
        return [this.kindLabel(entry), entry.summary, this.isOther(entry) && entry.person[1], this.absolute(entry)]
            .filter(Boolean)
            .join(", ");
    }

    // --- filtering ---

    get filterCount() {
        const { kinds, channel, person, period, search } = this.state.filter;
        return kinds.length + [channel, person, period, search].filter(Boolean).length;
    }

    toggleKind(kind) {
        const { kinds } = this.state.filter;
        this.state.filter.kinds = kinds.includes(kind) ? kinds.filter((one) => one !== kind) : [...kinds, kind];
        this.reload();
    }

    clearKinds() {
        this.state.filter.kinds = [];
        this.reload();
    }

    clearFilter() {
        this.state.filter = { ...NO_FILTER, kinds: [] };
        this.reload();
    }

    // --- doing ---

    async open(entry) {
        const action = await this.orm.call("crm.timeline", "action_open_source", [[entry.id]]);
        return this.action.doAction(action, { onClose: () => this.reload() });
    }

    async add(method) {
        if (await this.props.record.save()) {
            const action = await this.orm.call("res.partner", method, [[this.partnerId]]);
            await this.action.doAction(action, { onClose: () => this.mounted && this.reload() });
        }
    }

    onKeydown(ev) {
        if (ev.target.closest("input, select, textarea, [contenteditable]") || ev.ctrlKey || ev.altKey || ev.metaKey) {
            return;
        }
        if (ev.key === "/") {
            ev.preventDefault();
            this.state.filtersOpen = true;
            // shown only after the next painting on a phone
            requestAnimationFrame(() => this.searchInput.el?.focus());
            return;
        }
        if (ev.key === "Enter" && ev.target.matches(".o_crm_timeline_entry")) {
            ev.preventDefault();
            this.open(this.state.entries[this.state.focused]);
            return;
        }
        const index = nextIndex(ev.key, this.state.focused, this.state.entries.length);
        if (index !== null && ev.target.closest("[role=feed]")) {
            ev.preventDefault();
            this.state.focused = index;
            this.feed.el.querySelector(`[data-index="${index}"]`)?.focus();
            if (index === this.state.entries.length - 1) {
                this.loadMore();
            }
        }
    }
}

registry.category("view_widgets").add("crm_timeline", { component: CrmTimeline });
