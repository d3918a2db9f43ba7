import { localization } from "@web/core/l10n/localization";
import { registry } from "@web/core/registry";
import { BadgeSelectionField, badgeSelectionField } from "@web/views/fields/badge_selection/badge_selection_field";

/**
 * Badges that can be reached and chosen by keyboard: Tab stops once, arrows go
 * from badge to badge, Space or Enter chooses.
 */
export class CrmBadgesField extends BadgeSelectionField {
    static template = "crm_relations.BadgesField";

    tabIndex(index) {
        const chosen = this.options.findIndex((option) => option[0] === this.value);
        return index === Math.max(chosen, 0) ? 0 : -1;
    }

    onKeydown(ev, index) {
        const forward = localization.direction === "rtl" ? -1 : 1;
        const step = { ArrowRight: forward, ArrowLeft: -forward, ArrowDown: 1, ArrowUp: -1 }[ev.key];
        if (step) {
            const badges = ev.currentTarget.parentElement.children;
            badges[(index + step + badges.length) % badges.length].focus();
        } else if (ev.key === " " || ev.key === "Enter") {
            this.onChange(this.options[index][0]);
        } else {
            return;
        }
        ev.preventDefault();
        ev.stopPropagation();
    }
}

registry.category("fields").add("crm_badges", { ...badgeSelectionField, component: CrmBadgesField });
