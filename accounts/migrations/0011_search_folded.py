"""What a search looks at loses its signs: an index of trigrams passes over them, and would look at a word apiece."""

import django.db.models.functions.text
from django.db import migrations, models


def put_trigrams(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("CREATE INDEX people_found_by ON accounts_user USING gin (found_by gin_trgm_ops)")


def lift_trigrams(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS people_found_by")


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0010_operators_set_routes'),
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    # What a generated column is made of cannot be changed in place.
    operations = [
        migrations.RunPython(lift_trigrams, put_trigrams),
        migrations.RemoveField(model_name='user', name='found_by'),
        migrations.AddField(
            model_name='user',
            name='found_by',
            field=models.GeneratedField(db_persist=True, expression=django.db.models.functions.text.Upper(django.db.models.functions.text.Replace(django.db.models.functions.text.Replace(django.db.models.functions.text.Replace(django.db.models.functions.text.Replace(django.db.models.functions.text.Replace(django.db.models.functions.text.Concat('username', models.Value(' '), 'name', models.Value(' '), 'email', output_field=models.TextField()), models.Value('.'), models.Value(''), output_field=models.TextField()), models.Value('-'), models.Value(''), output_field=models.TextField()), models.Value('_'), models.Value(''), output_field=models.TextField()), models.Value("'"), models.Value(''), output_field=models.TextField()), models.Value('@'), models.Value(''), output_field=models.TextField()), output_field=models.TextField()), output_field=models.TextField()),
        ),
        migrations.RunPython(put_trigrams, lift_trigrams),
        migrations.AddIndex(
            model_name='user',
            index=models.Index(django.db.models.functions.text.Upper('email'), name='people_by_mail'),
        ),
    ]
