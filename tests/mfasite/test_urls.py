"""Areas of the site, which the first request for one of their pages loads."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import path, resolve, reverse

from mfasite.urls import Area

_MODULE = "urls_of_an_area"
_SOURCE = """
from django.http import HttpResponse
from django.urls import path

def page(request, number=0):
    return HttpResponse(str(number))

urlpatterns = [path("", page, name="index"), path("<int:number>/", page, name="one")]
"""


def here(_request: HttpRequest) -> HttpResponse:
    return HttpResponse()


urlpatterns = [Area("area/", _MODULE, namespace="area"), path("here/", here, name="here")]


@pytest.fixture(autouse=True)
def _table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / f"{_MODULE}.py").write_text(_SOURCE)
    monkeypatch.syspath_prepend(tmp_path)
    sys.modules.pop(_MODULE, None)
    urlpatterns[0] = Area("area/", _MODULE, namespace="area")
    with override_settings(ROOT_URLCONF=__name__):
        yield
    sys.modules.pop(_MODULE, None)


def test_is_not_loaded_by_other_pages_and_links() -> None:
    """Seen failing where the table above loads it."""
    assert reverse("here") == "/here/"
    assert resolve("/here/").func is here

    assert _MODULE not in sys.modules


def test_is_loaded_by_a_request() -> None:
    assert reverse("here") == "/here/"

    assert resolve("/area/7/").view_name == "area:one"
    assert resolve("/area/7/").kwargs == {"number": 7}


def test_is_loaded_by_a_link() -> None:
    assert reverse("here") == "/here/"

    assert reverse("area:one", args=[7]) == "/area/7/"
    assert reverse("area:index") == "/area/"
