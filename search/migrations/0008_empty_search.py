from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("search", "0007_default_weights")]

    operations = [migrations.RenameModel("FoundNothing", "EmptySearch")]
