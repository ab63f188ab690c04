"""The admin classes of accounts, collected where Django looks for them. Each is in `accounts.support.admin`."""

from accounts.support.admin.app_password_services import ServiceAdmin
from accounts.support.admin.blocked_ranges import BlockedRangeAdmin
from accounts.support.admin.circuit_breakers import CircuitAdmin
from accounts.support.admin.countries import CountryAdmin
from accounts.support.admin.desk_scopes import ScopeAdmin
from accounts.support.admin.directories import DirectoryAdmin
from accounts.support.admin.opt_outs import OptOutAdmin
from accounts.support.admin.outages import OutageAdmin
from accounts.support.admin.policies import PolicyAdmin
from accounts.support.admin.proxies import ProtectedHostAdmin, ProxyAdmin
from accounts.support.admin.routes import RouteAdmin
from accounts.support.admin.spending_limits import SpendingLimitAdmin
from accounts.support.admin.strengths import StrengthAdmin
from accounts.support.admin.users_groups_applications import PeopleAdmin

__all__ = [
    "BlockedRangeAdmin",
    "CircuitAdmin",
    "CountryAdmin",
    "DirectoryAdmin",
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
