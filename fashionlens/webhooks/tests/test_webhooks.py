"""Webhooks: what is said, to whom, in which order, and what becomes of failures."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from catalog.announcements.signals import encoder_activated
from catalog.models import Product
from catalog.tests.factories import lose_files, make_product
from fashionlens.webhooks.delivery import send_due
from fashionlens.webhooks.models import BACKOFF_S, WebhookEndpoint, WebhookMessage

pytestmark = pytest.mark.django_db
Event, State = WebhookEndpoint.Event, WebhookMessage.State


class Receiver(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status = 204
        self.received: list[tuple[dict[str, str], str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook"

    @property
    def skus(self) -> list[str]:
        return [json.loads(body)["data"]["sku"] for _, body in self.received]


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.server.status < 300:
            self.server.received.append((dict(self.headers), body))
        self.send_response(self.server.status)
        self.send_header("Location", "http://127.0.0.1/admin/")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def receiver(settings) -> Iterator[Receiver]:
    settings.WEBHOOKS_PRIVATE = True
    server = Receiver()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def listen(url: str, *events: str) -> WebhookEndpoint:
    endpoint = WebhookEndpoint(url=url, events=list(events or Event.values))
    endpoint.full_clean()
    endpoint.save()
    return endpoint


def events() -> list[tuple[str, str]]:
    return list(WebhookMessage.objects.order_by("pk").values_list("event", "subject"))


def test_a_message_is_signed_and_says_what_changed(receiver):
    endpoint = listen(receiver.url)
    make_product(sku="D")
    send_due()
    headers, body = receiver.received[0]
    said = Webhook(endpoint.secret).verify(body, headers)
    assert (said["type"], said["data"]["sku"]) == ("product.updated", "D")
    with pytest.raises(WebhookVerificationError):
        Webhook(endpoint.secret).verify(body.replace("D", "E"), headers)
    message = WebhookMessage.objects.get()
    assert (message.state, message.tries) == (State.DELIVERED, 1)


def test_every_way_to_change_a_product_is_announced_once_each():
    listen("https://erp.example/hook", Event.PRODUCT_UPDATED)
    with transaction.atomic():
        product = make_product(sku="D")
    changes = [
        lambda: product.variants.update(quantity=1),
        lambda: product.variants.get().delete(),
        lambda: Product.objects.update(status="archived"),
        lambda: Product.objects.filter(pk=product.pk).update(sale_price_cents=1),
        lambda: product.save(),
    ]
    assert events() == [("product.updated", "D")]
    for number, change in enumerate(changes, 2):
        # In a test all is one transaction.
        WebhookMessage.objects.update(transaction=0)
        change()
        assert len(events()) == number


def test_photos_are_announced_when_they_are_found_or_cannot_be_read(embed):
    listen("https://erp.example/hook", Event.PHOTO_INDEXED, Event.PHOTO_FAILED)
    good = make_product(sku="good", photo=True)
    broken = make_product(sku="broken", photo=True)
    lose_files(broken)
    embed()
    assert set(events()) == {("photo.indexed", "good"), ("photo.failed", "broken")}
    indexed = WebhookMessage.objects.get(event=Event.PHOTO_INDEXED)
    photo = good.images.get().pk
    assert indexed.data == {"sku": "good", "photo": photo, "encoder": "fake-1"}


def test_an_endpoint_hears_only_what_it_wants():
    listen("https://erp.example/hook", Event.ENCODER_ACTIVATED)
    make_product()
    encoder_activated.send(None, version="fashion-1")
    assert events() == [("encoder.activated", "encoder")]


def test_what_is_rolled_back_is_not_announced():
    listen("https://erp.example/hook")
    with pytest.raises(RuntimeError), transaction.atomic():
        make_product()
        raise RuntimeError
    assert events() == []


def message(endpoint: WebhookEndpoint, sku: str) -> WebhookMessage:
    return WebhookMessage.objects.create(
        endpoint=endpoint,
        event=Event.PRODUCT_UPDATED,
        subject=sku,
        data={"sku": sku},
        transaction=0,
    )


def let_time_pass() -> None:
    WebhookMessage.objects.update(next_try=timezone.now() - timedelta(seconds=1))


def test_a_receiver_that_was_away_gets_all_in_order(receiver):
    endpoint = listen(receiver.url)
    receiver.status = 503
    for sku in ("a", "b", "a", "a"):
        message(endpoint, sku)
    for _ in range(3):
        send_due()
        let_time_pass()
    assert receiver.received == []
    receiver.status = 200
    send_due()
    assert sorted(receiver.skus) == ["a", "a", "a", "b"]
    names = [h["webhook-id"] for h, body in receiver.received if "a" in body]
    assert names == sorted(names, key=lambda name: int(name.removeprefix("msg_")))
    assert not WebhookMessage.objects.pending().exists()


def test_a_failure_waits_longer_each_time_and_is_given_up_after_a_day(receiver):
    endpoint = listen(receiver.url)
    receiver.status = 500
    message(endpoint, "a")
    for pause in BACKOFF_S:
        send_due()
        left = WebhookMessage.objects.get().next_try - timezone.now()
        assert left <= timedelta(seconds=pause)
        let_time_pass()
    send_due()
    assert WebhookMessage.objects.get().state == State.FAILED
    assert 23 < sum(BACKOFF_S) / 3600 < 25


def test_a_redirect_is_a_failure_and_is_not_followed(receiver):
    receiver.status = 302
    sent = message(listen(receiver.url), "a")
    send_due()
    sent.refresh_from_db()
    assert (sent.state, sent.answer) == (State.PENDING, "It answered 302.")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "http://[::1]/", "http://10.0.0.1/"]
)
def test_private_addresses_get_nothing(url):
    sent = message(WebhookEndpoint.objects.create(url=url, events=Event.values), "a")
    send_due()
    sent.refresh_from_db()
    assert "public" in sent.answer


@pytest.mark.parametrize("url", ["ftp://erp.example/", "https://erp.example:22/", "x"])
def test_other_addresses_are_refused(url):
    with pytest.raises(ValidationError):
        listen(url)


def test_the_admin_shows_messages_and_sends_them_again(admin_client, receiver):
    endpoint = listen(receiver.url)
    sent = message(endpoint, "a")
    sent.state = State.FAILED
    sent.save()
    url = "/admin/webhooks/webhookmessage/"
    assert "Given up" in admin_client.get(url).text
    admin_client.post(url, {"action": "resend", "_selected_action": [sent.pk]})
    send_due()
    assert receiver.skus == ["a"]
    page = admin_client.get(f"/admin/webhooks/webhookendpoint/{endpoint.pk}/change/")
    assert endpoint.secret in page.text
