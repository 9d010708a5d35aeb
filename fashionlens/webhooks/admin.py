from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from fashionlens.backoffice.model_admin import ModelAdmin
from fashionlens.webhooks.models import WebhookEndpoint, WebhookMessage
from fashionlens.webhooks.tasks import send_webhooks


class EndpointForm(forms.ModelForm):
    events = forms.TypedMultipleChoiceField(
        choices=WebhookEndpoint.Event.choices, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = WebhookEndpoint
        fields = ["url", "events", "active"]


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ModelAdmin):
    form = EndpointForm
    list_display = ["url", "events", "active"]
    readonly_fields = ["secret"]


@admin.register(WebhookMessage)
class WebhookMessageAdmin(ModelAdmin):
    list_display = ["created", "event", "subject", "state", "tries", "answer"]
    list_filter = ["state", "event", "endpoint"]
    search_fields = ["subject"]
    actions = ["resend"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [field.name for field in WebhookMessage._meta.fields]

    @admin.action(description="Send again", permissions=["change"])
    def resend(self, request: HttpRequest, messages: QuerySet[WebhookMessage]) -> None:
        for message in messages.order_by("pk"):
            message.resend()
        send_webhooks.delay()
        self.message_user(request, f"Messages that are sent again: {len(messages)}.")
