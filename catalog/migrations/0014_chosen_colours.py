from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0013_one_variant_each")]

    operations = [
        migrations.AddField(
            model_name="productimage",
            name="colours_chosen",
            field=models.BooleanField(db_default=False, editable=False),
        ),
    ]
