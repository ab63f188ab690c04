"""`LazyText`: the type of a text that may be lazy, so that it is translated each time it is shown."""

from typing import TYPE_CHECKING, TypeAlias

from django.utils.functional import Promise

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    LazyText: TypeAlias = StrOrPromise
else:  # the stubs aren't installed where the service runs
    LazyText = str | Promise
