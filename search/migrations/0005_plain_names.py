from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('search', '0004_duplicate_groups'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='foundnothing',
            options={'ordering': ['-created'], 'verbose_name': 'search without results', 'verbose_name_plural': 'searches without results'},
        ),
        migrations.AlterField(
            model_name='duplicategroup',
            name='key',
            field=models.CharField(editable=False, help_text='Hash of the kind and the photos', max_length=72, unique=True),
        ),
        migrations.AlterField(
            model_name='encoder',
            name='folder',
            field=models.CharField(help_text="Folder of its files, absolute or relative to the project's folder", max_length=500),
        ),
        migrations.AlterField(
            model_name='event',
            name='client_id',
            field=models.UUIDField(editable=False, help_text="The client's id, to record it once", null=True),
        ),
        migrations.AlterField(
            model_name='event',
            name='encoder',
            field=models.CharField(blank=True, help_text='Version of the encoder', max_length=64),
        ),
        migrations.AlterField(
            model_name='event',
            name='listing',
            field=models.CharField(choices=[('photo', 'Photo search'), ('words', 'Words'), ('similar', 'Similar items'), ('goes_with', 'Goes with it'), ('looked_at', 'Recently viewed')], max_length=9),
        ),
        migrations.AlterField(
            model_name='event',
            name='position',
            field=models.PositiveSmallIntegerField(help_text='Position of the first product, from 1'),
        ),
        migrations.AlterField(
            model_name='foundnothing',
            name='listing',
            field=models.CharField(choices=[('photo', 'Photo search'), ('words', 'Words'), ('similar', 'Similar items'), ('goes_with', 'Goes with it'), ('looked_at', 'Recently viewed')], max_length=9),
        ),
        migrations.AlterField(
            model_name='recallmeasurement',
            name='sample',
            field=models.PositiveIntegerField(help_text='Photos searched with'),
        ),
    ]
