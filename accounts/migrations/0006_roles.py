from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.db import migrations

from accounts.support import roles


def make_roles(apps, schema_editor):
    """Make the groups of the staff. Django makes permissions after the last migration only: here they are made before."""
    for label in ("accounts", "auth", "helpcenter", "verification"):
        create_permissions(installed.get_app_config(label), verbosity=0)
    roles.make(apps.get_model("auth", "Group"), apps.get_model("auth", "Permission"))


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0005_finding_people"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("helpcenter", "0001_initial"),
        ("verification", "0008_count_ways"),
    ]

    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
