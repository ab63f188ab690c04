"""URLs of the help centre."""

from django.urls import path

from helpcenter import views

app_name = "help"
urlpatterns = [
    path("", views.index, name="index"),
    path("diagnose/", views.diagnose, name="diagnose"),
    path("diagnose/<slug:reference>/", views.diagnose_for, name="diagnose-for"),
    path("tell/", views.write_to_support, name="tell"),
    path("<slug:slug>/", views.article, name="article"),
    path("<slug:slug>/word/", views.feedback, name="feedback"),
]
