"""The floor's two addresses, and two by which the hash is measured."""

from django.urls import path

from tests.bench.floor import views

urlpatterns = [
    path("", views.password, name="password"),
    path("code/", views.code, name="code"),
    path("hash/", views.hash_only, name="hash"),
    path("nothing/", views.nothing, name="nothing"),
]
