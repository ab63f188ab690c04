"""The list of all reports for administrators and auditors, in the order of their tabs. Their keys are in URLs."""

from datetime import datetime

from accounts.support.reports import (
    methods_in_use,
    second_steps_of_sign_ins,
    security_events,
    setup_by_group,
    sign_ins_by_day,
    support_actions_by_staff,
)
from accounts.support.reports.report_table import Table

REPORTS = {
    "registered": setup_by_group.TITLE,
    "methods": methods_in_use.TITLE,
    "sign-ins": sign_ins_by_day.TITLE,
    "reasons": second_steps_of_sign_ins.TITLE,
    "trouble": security_events.TITLE,
    "staff": support_actions_by_staff.TITLE,
}
_BUILDERS = {
    "registered": setup_by_group.build,
    "methods": methods_in_use.build,
    "sign-ins": sign_ins_by_day.build,
    "reasons": second_steps_of_sign_ins.build,
    "trouble": security_events.build,
    "staff": support_actions_by_staff.build,
}


def build(key: str, *, now: datetime) -> Table:
    """Build a report over the last thirty days, or of the current state. Errors: `KeyError` for an unknown one."""
    return _BUILDERS[key](now)
