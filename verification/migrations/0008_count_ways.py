from django.conf import settings
from django.db import migrations
from django.db.models import Case, CharField, Count, F, When


def count_ways(apps, schema_editor):
    """Count the lasting ways of people who set methods up before they were counted."""
    Enrolment, User = apps.get_model("verification", "Enrolment"), apps.get_model("accounts", "User")
    thing = Case(When(address_digest="", then=F("ref")), default=F("address_digest"), output_field=CharField())
    lasting = Enrolment.objects.filter(confirmed=True).exclude(method__in=["recovery", "access_pass"])
    for user, n_ways in lasting.values_list("user").annotate(n=Count(thing, distinct=True)).order_by("user").iterator():
        User.objects.filter(pk=user).update(n_ways=n_ways)


class Migration(migrations.Migration):

    dependencies = [
        ("verification", "0007_policy_of_the_support_desk"),
        ("accounts", "0005_finding_people"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [migrations.RunPython(count_ways, migrations.RunPython.noop)]
