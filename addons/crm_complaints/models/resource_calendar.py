from odoo import models
from odoo.tools import ormcache

from ..tools.clock import WorkCalendar, always_open


class ResourceCalendar(models.Model):
    _inherit = "resource.calendar"

    def _complaint_calendar(self, company):
        """Working hours and common holidays as :class:`~..tools.clock.WorkCalendar`.

        :param company: ``res.company`` whose holidays count
        :return: every hour when there is no calendar
        """
        if not self:
            return always_open(company.partner_id.tz or "UTC")
        self.ensure_one()
        return self._complaint_calendar_of(company.id)

    @ormcache("self.id", "company_id")
    def _complaint_calendar_of(self, company_id):
        """Each new complaint asks for it, and it changes a few times a year."""
        # sudo: deadlines are the same for everybody, whoever may read calendars
        calendar = self.sudo()
        days = [[] for _day in range(14 if calendar.two_weeks_calendar else 7)]
        for line in calendar.attendance_ids:
            if line.display_type or line.day_period == "lunch":
                continue
            index = int(line.dayofweek) + 7 * int(calendar.two_weeks_calendar and line.week_type or 0)
            days[index].append((round(line.hour_from * 60), round(line.hour_to * 60)))
        closed = (
            self.env["resource.calendar.leaves"]
            .sudo()
            .search(
                [
                    ("resource_id", "=", False),
                    # of the other kind (a training, work elsewhere) is worked on, as Odoo counts it
                    ("time_type", "=", "leave"),
                    ("calendar_id", "in", (calendar.id, False)),
                    ("company_id", "in", (company_id, False)),
                ],
                order="date_from",
            )
        )
        return WorkCalendar(
            calendar.tz or "UTC",
            tuple(tuple(sorted(day)) for day in days),
            tuple((leave.date_from, leave.date_to) for leave in closed),
        )

    # === CRUD METHODS === #

    def write(self, vals):
        result = super().write(vals)
        self.env.registry.clear_cache()
        return result

    def unlink(self):
        result = super().unlink()
        self.env.registry.clear_cache()
        return result
