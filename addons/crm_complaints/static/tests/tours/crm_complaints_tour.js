import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("crm_complaints_from_customer_to_closed", {
    steps: () => [],
});
