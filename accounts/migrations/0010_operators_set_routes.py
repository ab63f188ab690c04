from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.db import migrations

RIGHTS = ("view_circuit", "view_route", "add_route", "change_route", "delete_route", "view_outage", "add_outage", "change_outage", "delete_outage")


def give(apps, schema_editor):
    """Let operators and administrators see circuits and set routes, where their groups were made before."""
    create_permissions(installed.get_app_config("verification"), verbosity=0)
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    rights = Permission.objects.filter(content_type__app_label="verification", codename__in=RIGHTS)
    for group in Group.objects.filter(name__in=["Operators", "Administrators"]):
        group.permissions.add(*rights)


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0009_imports"),
        ("verification", "0012_outages"),
    ]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
