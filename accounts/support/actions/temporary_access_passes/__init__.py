"""Temporary Access Passes that staff issue: the action, and the lifetimes that they choose from."""

from accounts.support.actions.temporary_access_passes.issuing import ISSUE_PASS, PassForm, issue_pass

__all__ = ["ISSUE_PASS", "PassForm", "issue_pass"]
