"""The admin classes of accounts, collected where Django looks for them. Each is in `accounts.support.admin`."""

from accounts.support.admin.app_password_services import ServiceAdmin
from accounts.support.admin.applications import ApplicationAdmin
from accounts.support.admin.costs.blocked_ranges import BlockedRangeAdmin
from accounts.support.admin.costs.countries import CountryAdmin
from accounts.support.admin.costs.opt_outs import OptOutAdmin
from accounts.support.admin.costs.spending_limits import SpendingLimitAdmin
from accounts.support.admin.desk_pages_instead_of_user_admin import PeopleAdmin
from accounts.support.admin.desk_scopes import ScopeAdmin
from accounts.support.admin.directories import DirectoryAdmin
from accounts.support.admin.groups import GroupAdmin
from accounts.support.admin.outages import OutageAdmin
from accounts.support.admin.policies import PolicyAdmin
from accounts.support.admin.provider_health import CircuitAdmin
from accounts.support.admin.proxies import ProtectedHostAdmin, ProxyAdmin
from accounts.support.admin.routes import RouteAdmin
from accounts.support.admin.strengths import StrengthAdmin

__all__ = [
    "ApplicationAdmin",
    "BlockedRangeAdmin",
    "CircuitAdmin",
    "CountryAdmin",
    "DirectoryAdmin",
    "GroupAdmin",
    "OptOutAdmin",
    "OutageAdmin",
    "PeopleAdmin",
    "PolicyAdmin",
    "ProtectedHostAdmin",
    "ProxyAdmin",
    "RouteAdmin",
    "ScopeAdmin",
    "ServiceAdmin",
    "SpendingLimitAdmin",
    "StrengthAdmin",
]
