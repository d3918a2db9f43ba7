/**
 * Grouping of timeline entries, without the framework: tested on its own.
 */

/** Days that get their own name. */
export const UPCOMING = "upcoming";

/**
 * @param {import("luxon").DateTime} date local time of an entry
 * @param {import("luxon").DateTime} now
 * @returns {string} "upcoming" for days to come, else the day as YYYY-MM-DD
 */
export function groupKey(date, now) {
    return date.startOf("day") > now.startOf("day") ? UPCOMING : date.toISODate();
}

/**
 * Entries that follow each other and belong to one day, in one group; the order stays.
 *
 * @param {Array<{date: import("luxon").DateTime}>} entries newest first
 * @param {import("luxon").DateTime} now
 * @returns {Array<{key: string, date: import("luxon").DateTime, entries: Array}>}
 */
export function groupByDay(entries, now) {
    const groups = [];
    for (const entry of entries) {
        const key = groupKey(entry.date, now);
        let group = groups.at(-1);
        if (group?.key !== key) {
            group = { key, date: entry.date, entries: [] };
            groups.push(group);
        }
        group.entries.push(entry);
    }
    return groups;
}

/**
 * Where the focus goes in a list by a key; null when the key is not one of the list's.
 *
 * @param {string} key of a keyboard event
 * @param {number} index of the row that has the focus, -1 for none
 * @param {number} length of the list
 */
export function nextIndex(key, index, length) {
    if (!length) {
        return null;
    }
    const targets = { ArrowDown: index + 1, j: index + 1, ArrowUp: index - 1, k: index - 1, Home: 0, End: length - 1 };
    if (!(key in targets)) {
        return null;
    }
    return Math.min(Math.max(targets[key], 0), length - 1);
}

/**
 * First moment of a period, or null for all time.
 *
 * @param {string} period "", "30", "90", "365" (days) or "year"
 * @param {import("luxon").DateTime} now
 */
export function periodStart(period, now) {
    if (period === "year") {
        return now.startOf("year");
    }
    const days = parseInt(period, 10);
    return days ? now.startOf("day").minus({ days }) : null;
}
