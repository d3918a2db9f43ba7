import { CrmTimeline } from "@crm_relations/timeline/crm_timeline";
import { describe, expect, test } from "@odoo/hoot";
import { allowTranslations } from "@web/../tests/web_test_helpers";

describe.current.tags("headless");

test("what has an appointed time is planned, a quotation or a task is open", () => {
    allowTranslations();
    const label = (kind) => String(CrmTimeline.prototype.plannedLabel({ kind }));
    expect(["activity", "meeting", "call"].map(label)).toEqual(["Planned", "Planned", "Planned"]);
    expect(["order", "task", "request"].map(label)).toEqual(["Open", "Open", "Open"]);
});
