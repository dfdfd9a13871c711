"""Posts: a body of the real shape for each format, as its system posts it, with the headers it needs.

A format that is registered has to have some here, and is then tried with whatever comes near them.
"""

from typing import Any

MOMENT = "2027-03-01T12:00:00Z"

STANDARD: dict[str, Any] = {
    "type": "contact.updated",
    "timestamp": MOMENT,
    "data": {"id": "ana", "firstname": "Ana", "emailaddress1": "ana@example.org"},
}
DELIVERED = {"webhook-id": "msg_1"}

STRIPE: dict[str, Any] = {
    "id": "evt_1QabcdEFghIJklMN",
    "object": "event",
    "api_version": "2026-01-28.clover",
    "created": 1803902400,
    "data": {
        "object": {
            "id": "cus_Ana",
            "object": "customer",
            "address": {"city": "Lyon", "country": "FR"},
            "balance": 0,
            "created": 1800000000,
            "email": "ana@example.org",
            "livemode": False,
            "metadata": {"tier": "gold", "crm": "ana"},
            "name": "Ana Meier",
            "phone": None,
        },
        "previous_attributes": {
            "email": "ana@example.net",
            "metadata": {"tier": "silver"},
        },
    },
    "livemode": False,
    "pending_webhooks": 1,
    "request": {"id": "req_1", "idempotency_key": None},
    "type": "customer.updated",
}

HUBSPOT: list[dict[str, Any]] = [
    {
        "eventId": 3816279480,
        "subscriptionId": 22,
        "portalId": 62515,
        "appId": 54321,
        "occurredAt": 1803902400123,
        "subscriptionType": "contact.propertyChange",
        "attemptNumber": 0,
        "objectId": 4711,
        "changeSource": "CRM_UI",
        "propertyName": "lifecyclestage",
        "propertyValue": "customer",
        "sourceId": "userId:12",
    },
    {
        "eventId": 3816279481,
        "subscriptionId": 23,
        "portalId": 62515,
        "appId": 54321,
        "occurredAt": 1803902401000,
        "subscriptionType": "company.deletion",
        "attemptNumber": 0,
        "objectId": 815,
        "changeFlag": "DELETED",
        "changeSource": "CRM_UI",
    },
    {
        "eventId": 3816279482,
        "subscriptionId": 24,
        "portalId": 62515,
        "appId": 54321,
        "occurredAt": 1803902402000,
        "subscriptionType": "contact.associationChange",
        "attemptNumber": 0,
        "associationType": "CONTACT_TO_COMPANY",
        "fromObjectId": 4711,
        "toObjectId": 815,
        "associationRemoved": False,
    },
]

ZENDESK: dict[str, Any] = {
    "account_id": 22129848,
    "detail": {
        "actor_id": "8447388090494",
        "assignee_id": "8447388090495",
        "brand_id": "8447346621310",
        "created_at": "2027-02-20T10:00:00Z",
        "custom_status": "8447320465790",
        "description": "It does not print.",
        "external_id": None,
        "form_id": "8646151517822",
        "group_id": "8447320466430",
        "id": "5158",
        "is_public": True,
        "organization_id": "8447346622462",
        "priority": "LOW",
        "requester_id": "8447388090494",
        "status": "SOLVED",
        "subject": "Printer",
        "submitter_id": "8447388090494",
        "tags": ["printing"],
        "type": "TASK",
        "updated_at": MOMENT,
        "via": {"channel": "web_service"},
    },
    "event": {
        "current": "SOLVED",
        "meta": {"sequence": {"id": "639261EC4EB75E3BA7C7E8F1", "position": 1, "total": 1}},
        "previous": "OPEN",
    },
    "event_version": "2022-11-06",
    "id": "cbe4028c-7239-495d-b020-f22348516046",
    "subject": "zen:ticket:5158",
    "time": "2027-03-01T12:00:00.482152147Z",
    "type": "zen:event-type:ticket.status_changed",
}

SHOPIFY: dict[str, Any] = {
    "id": 820982911946154508,
    "admin_graphql_api_id": "gid://shopify/Order/820982911946154508",
    "created_at": "2027-02-28T10:00:00-05:00",
    "currency": "EUR",
    "customer": {"id": 115310627314723954, "email": "ana@example.org", "first_name": "Ana"},
    "financial_status": "paid",
    "line_items": [{"id": 866550311766439020, "title": "A desk", "quantity": 1}],
    "name": "#1001",
    "total_price": "403.00",
    "updated_at": "2027-03-01T06:59:59-05:00",
}
PAID = {
    "x-shopify-topic": "orders/paid",
    "x-shopify-event-id": "98880550-7158-44d4-b7cd-2c97c8a091b5",
    "x-shopify-webhook-id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
    "x-shopify-triggered-at": "2027-03-01T12:00:00.000000000Z",
    "x-shopify-shop-domain": "desks.myshopify.com",
}

DATAVERSE: dict[str, Any] = {
    "MessageName": "Update",
    "PrimaryEntityName": "incident",
    "PrimaryEntityId": "6f1c9a52-3b7e-4c55-9d0a-6a1d5b0f4e01",
    "OrganizationId": "a9e0c7d1-4f60-4f8b-9a2e-7d6c5b4a3904",
    "OperationId": "05e6d7f8-91a2-43b4-85d6-e7f8091a2b08",
    "OperationCreatedOn": "/Date(1803902400000+0000)/",
    "Depth": 1,
    "Stage": 40,
    "InputParameters": [
        {
            "key": "Target",
            "value": {
                "Attributes": [{"key": "title", "value": "Printer"}],
                "Id": "6f1c9a52-3b7e-4c55-9d0a-6a1d5b0f4e01",
                "LogicalName": "incident",
            },
        }
    ],
    "OutputParameters": [],
    "PreEntityImages": [],
    "PostEntityImages": [],
}

SEGMENT: dict[str, Any] = {
    "batch": [
        {
            "type": "identify",
            "messageId": "5f7d1c1e-8f0a-4d7c-9a4e-4f6f2f3a1b01",
            "timestamp": "2027-03-01T12:00:00.123+00:00",
            "userId": "ana",
            "anonymousId": None,
            "traits": {"email": "ana@example.org", "firstName": "Ana", "plan": "gold"},
            "context": {"library": {"name": "analytics-python", "version": "2.4.0"}},
            "integrations": {},
        },
        {
            "type": "identify",
            "messageId": "5f7d1c1e-8f0a-4d7c-9a4e-4f6f2f3a1b02",
            "originalTimestamp": "2027-03-01T12:00:01.123Z",
            "userId": 12,
            "context": {
                "traits": {"phone": "+43 1 234", "address": {"city": "Lyon", "country": "FR"}}
            },
            "channel": "server",
        },
        {
            "type": "track",
            "messageId": "5f7d1c1e-8f0a-4d7c-9a4e-4f6f2f3a1b03",
            "timestamp": "2027-03-01T12:00:02.123456+00:00",
            "userId": "ana",
            "event": "Order Completed",
            "properties": {"order_id": "o-1", "total": 12.5},
            "context": {},
        },
        {
            "type": "group",
            "messageId": "5f7d1c1e-8f0a-4d7c-9a4e-4f6f2f3a1b04",
            "timestamp": "2027-03-01T12:00:03.123Z",
            "userId": "ana",
            "groupId": "acme",
            "traits": {"name": "Acme"},
        },
        {"type": "page", "messageId": "5f7d1c1e-8f0a-4d7c-9a4e-4f6f2f3a1b05", "userId": "ana"},
    ],
    "sentAt": "2027-03-01T12:00:05.000Z",
}
BATCHED = {":path": "/v1/batch", ":received": "2027-03-01T13:00:05.250000+00:00"}

CLOUDEVENTS: list[dict[str, Any]] = [
    {
        "specversion": "1.0",
        "id": "A234-1234-1234",
        "source": "https://shop.example/orders",
        "type": "example.shop.contact.updated",
        "subject": "ana",
        "time": MOMENT,
        "sequence": "17",
        "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "unset": None,
        "datacontenttype": "application/json; charset=utf-8",
        "data": {
            "before": {"firstname": "Ana", "emailaddress1": "ana@example.net"},
            "after": {"firstname": "Ana", "emailaddress1": "ana@example.org"},
        },
    },
    {
        "specversion": "1.0",
        "id": "A234-1234-1235",
        "source": "https://shop.example/orders",
        "type": "example.shop.contact.deleted",
        "subject": "ben",
        "datacontenttype": "application/octet-stream",
        "data_base64": "AAEC",
    },
]

DEBEZIUM_SOURCE: dict[str, Any] = {
    "version": "3.0.8.Final",
    "connector": "postgresql",
    "name": "shop",
    "ts_ms": 1803902400123,
    "snapshot": "false",
    "db": "shop",
    "sequence": '["23043592","23043800"]',
    "schema": "public",
    "table": "contact",
    "txId": 491,
    "lsn": 23043800,
    "xmin": None,
}
_OF_ROW: list[dict[str, Any]] = [
    {"type": "int32", "optional": False, "field": "id"},
    {"type": "string", "optional": True, "field": "firstname"},
    {"type": "int32", "optional": True, "name": "io.debezium.time.Date", "field": "birthdate"},
    {"type": "int64", "optional": True, "name": "io.debezium.time.MicroTimestamp", "field": "seen"},
    {
        "type": "bytes",
        "optional": True,
        "name": "org.apache.kafka.connect.data.Decimal",
        "parameters": {"scale": "2", "connect.decimal.precision": "10"},
        "field": "credit",
    },
]
DEBEZIUM: list[dict[str, Any]] = [
    {
        "schema": {
            "type": "struct",
            "fields": [
                {"type": "struct", "fields": _OF_ROW, "optional": True, "field": "before"},
                {"type": "struct", "fields": _OF_ROW, "optional": True, "field": "after"},
            ],
            "name": "shop.public.contact.Envelope",
        },
        "payload": {
            "before": None,
            "after": {
                "id": 7,
                "firstname": "Ana",
                "birthdate": 7305,
                "seen": 1803902400123456,
                "credit": "BNI=",
            },
            "source": DEBEZIUM_SOURCE,
            "op": "u",
            "ts_ms": 1803902400500,
            "transaction": None,
        },
    },
    {
        "id": "name:shop;lsn:23043592;txId:490",
        "source": "/debezium/postgresql/shop",
        "specversion": "1.0",
        "type": "io.debezium.connector.postgresql.DataChangeEvent",
        "time": "2027-03-01T11:59:00.000Z",
        "datacontenttype": "application/json",
        "iodebeziumop": "r",
        "iodebeziumname": "shop",
        "iodebeziumtsms": "1803902340000",
        "iodebeziumsnapshot": "true",
        "iodebeziumdb": "shop",
        "iodebeziumschema": "public",
        "iodebeziumtable": "contact",
        "iodebeziumlsn": "23043592",
        "iodebeziumtxId": "490",
        "iodebeziumxmin": None,
        "data": {"before": None, "after": {"id": 8, "firstname": "Ben"}},
    },
    {"id": 9, "firstname": "Chi", "__deleted": "true", "__op": "d", "__table": "contact"},
]

OWN: dict[str, Any] = {
    "events": [
        {
            "no": 7,
            "what": "member/changed",
            "at": 1803902400,
            "new": {"member_no": 12, "mail": "ana@example.org", "club": 3, "since": "1800000000"},
            "fields": ["mail"],
        }
    ]
}
OWN_MAPPING: dict[str, Any] = {
    "each": "/events",
    "id": "/no",
    "table": {"at": "/what", "split": "/", "names": {"member": "contact"}},
    "record_id": "/new/member_no",
    "operation": {
        "at": "/what",
        "split": "/",
        "part": 1,
        "names": {"joined": "create", "changed": "update", "left": "delete"},
    },
    "values": "/new",
    "changed": "/fields",
    "occurred_at": "/at",
    "columns": {
        "contact": {
            "emailaddress1": "/mail",
            "createdon": {"at": "/since", "read_as": "moment"},
            "parentcustomerid": {"at": "/club", "lookup": "account"},
        }
    },
}

POSTS: dict[str, tuple[Any, dict[str, str], dict[str, Any]]] = {
    "dataverse": (DATAVERSE, {"x-ms-dynamics-msg-size-exceeded": "true"}, {}),
    "segment": (SEGMENT, BATCHED, {}),
    "cloudevents": (CLOUDEVENTS, {}, {}),
    "debezium": (DEBEZIUM, {}, {}),
    "mapping": (OWN, {}, OWN_MAPPING),
    "standard-webhooks": (STANDARD, DELIVERED, {}),
    "stripe": (STRIPE, {}, {}),
    "hubspot": (HUBSPOT, {}, {}),
    "zendesk": (ZENDESK, {}, {}),
    "shopify": (SHOPIFY, PAID, {}),
}
"""By format: a body, its headers by their names in lower case, and the settings of its source."""
