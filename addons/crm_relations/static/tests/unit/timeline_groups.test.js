import { UPCOMING, groupByDay, nextIndex, periodStart } from "@crm_relations/timeline/timeline_groups";
import { describe, expect, test } from "@odoo/hoot";

const { DateTime } = luxon;
const now = DateTime.fromISO("2026-03-10T12:00:00");
const at = (iso) => ({ date: DateTime.fromISO(iso) });

describe.current.tags("headless");

test("entries are grouped by day, days to come stand together", () => {
    const entries = [
        at("2026-03-20T09:00:00"),
        at("2026-03-11T00:00:00"),
        at("2026-03-10T23:59:59"),
        at("2026-03-10T00:00:00"),
        at("2026-03-09T23:59:59"),
    ];
    const groups = groupByDay(entries, now);
    expect(groups.map((group) => group.key)).toEqual([UPCOMING, "2026-03-10", "2026-03-09"]);
    expect(groups.map((group) => group.entries.length)).toEqual([2, 2, 1]);
    expect(groups.flatMap((group) => group.entries)).toEqual(entries);
    expect(groupByDay([], now)).toEqual([]);
});

test("the focus stays inside the list", () => {
    expect(nextIndex("ArrowDown", 0, 3)).toBe(1);
    expect(nextIndex("j", 2, 3)).toBe(2);
    expect(nextIndex("k", 0, 3)).toBe(0);
    expect(nextIndex("End", 0, 3)).toBe(2);
    expect(nextIndex("Home", 2, 3)).toBe(0);
    expect(nextIndex("x", 1, 3)).toBe(null);
    expect(nextIndex("ArrowDown", -1, 0)).toBe(null);
});

test("periods begin with a whole day", () => {
    expect(periodStart("", now)).toBe(null);
    expect(periodStart("30", now).toISODate()).toBe("2026-02-08");
    expect(periodStart("year", now).toISODate()).toBe("2026-01-01");
    expect(periodStart("nonsense", now)).toBe(null);
});
