from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.db import migrations

RIGHTS = [
    *(f"{verb}_{noun}" for noun in ("country", "cap") for verb in ("view", "add", "change", "delete")),
    *("view_pause", "change_pause", "view_optout", "delete_optout"),
]


def give(apps, schema_editor):
    """Let operators and administrators set what guards the cost, where their groups were made before."""
    create_permissions(installed.get_app_config("verification"), verbosity=0)
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    rights = Permission.objects.filter(content_type__app_label="verification", codename__in=RIGHTS)
    for group in Group.objects.filter(name__in=["Operators", "Administrators"]):
        group.permissions.add(*rights)


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0011_search_folded"),
        ("verification", "0013_guard"),
    ]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
