from celery import shared_task

from fashionlens.webhooks.delivery import forget_old_messages, send_due


@shared_task
def send_webhooks() -> None:
    send_due()


@shared_task
def forget_webhooks() -> None:
    forget_old_messages()
