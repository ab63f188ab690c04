"""The person whom a page of the support desk is about, if this member of staff may help them."""

from django.shortcuts import get_object_or_404

from accounts.models import User
from accounts.sessions.session_assurance import AuthedRequest
from accounts.support import people_in_desk_scopes


def visible_person(request: AuthedRequest, pk: int) -> User:
    """Return a person. Those of another desk give a 404."""
    return get_object_or_404(people_in_desk_scopes.visible(request.user), pk=pk)
