"""What the environment says of its tables: made up, of the shape that the Web API answers."""

from typing import Any


def label(text: str) -> dict[str, Any]:
    localized = {"Label": text, "LanguageCode": 1033, "IsManaged": True, "HasChanged": None}
    return {"LocalizedLabels": [localized], "UserLocalizedLabel": localized}


def attribute(name: str, kind: str, text: str = "", **more: Any) -> dict[str, Any]:
    return {
        "@odata.type": f"#Microsoft.Dynamics.CRM.{CASTS.get(kind, kind + 'AttributeMetadata')}",
        "LogicalName": name,
        "AttributeType": "Virtual" if kind == "MultiSelectPicklist" else kind,
        "AttributeTypeName": {"Value": f"{kind}Type"},
        "AttributeOf": None,
        "IsValidForRead": True,
        "DisplayName": label(text or name.capitalize()),
        **more,
    }


CASTS = {
    "Customer": "LookupAttributeMetadata",
    "Owner": "LookupAttributeMetadata",
    "Uniqueidentifier": "AttributeMetadata",
}


def options(**choices: int) -> dict[str, Any]:
    listed = [
        {"Value": value, "Label": label(text.replace("_", " "))} for text, value in choices.items()
    ]
    return {"OptionSet": {"Options": listed}, "GlobalOptionSet": None}


def table(
    name: str, entity_set: str, primary_name: str, *attributes: dict[str, Any]
) -> dict[str, Any]:
    return {
        "LogicalName": name,
        "EntitySetName": entity_set,
        "PrimaryIdAttribute": f"{name}id",
        "PrimaryNameAttribute": primary_name,
        "DisplayName": label(name.removeprefix("new_").capitalize()),
        "Attributes": [
            attribute(f"{name}id", "Uniqueidentifier"),
            attribute("createdon", "DateTime", DateTimeBehavior={"Value": "UserLocal"}),
            attribute("modifiedon", "DateTime", DateTimeBehavior={"Value": "UserLocal"}),
            attribute("ownerid", "Owner", Targets=["systemuser", "team"]),
            attribute("owneridname", "String", AttributeOf="ownerid", FormatName={"Value": "Text"}),
            *attributes,
        ],
    }


def text(name: str, form: str = "Text") -> dict[str, Any]:
    return attribute(name, "String", FormatName={"Value": form})


TABLES = (
    table(
        "contact", "contacts", "fullname",
        text("fullname"), text("firstname"), text("emailaddress1", "Email"),
        text("mobilephone", "Phone"),
    ),
    table(
        "incident", "incidents", "title",
        text("title"),
        attribute("description", "Memo"),
        attribute("statecode", "State", **options(Active=0, Resolved=1)),
        attribute("statuscode", "Status", "Status Reason", **options(In_Progress=1, Solved=5)),
        attribute("prioritycode", "Picklist", **options(High=1, Normal=2)),
        attribute("customerid", "Customer", Targets=["account", "contact"]),
        attribute("primarycontactid", "Lookup", Targets=["contact"]),
    ),
    table(
        "new_loan", "new_loans", "new_name",
        text("new_name"),
        text("new_mail", "Email"),
        attribute("new_amount", "Money"),
        attribute("new_rate", "Decimal"),
        attribute("new_months", "Integer"),
        attribute("new_paid", "Boolean"),
        attribute("new_due", "DateTime", DateTimeBehavior={"Value": "DateOnly"}),
        attribute("new_purpose", "MultiSelectPicklist", **options(House=1, Car=2)),
        attribute("new_kind", "Picklist", "Kind", **options(Fixed=100_000_000)),
        attribute("new_borrower", "Lookup", Targets=["contact"]),
        attribute("new_logo", "Virtual"),
    ),
)  # fmt: skip

NAVIGATION = {
    "incident": {
        "customerid_contact": ("customerid", "contact"),
        "customerid_account": ("customerid", "account"),
        "primarycontactid": ("primarycontactid", "contact"),
    },
    "new_loan": {"new_Borrower": ("new_borrower", "contact")},
    "contact": {},
}
"""How lookups are called when they are written: the column and the table of each."""

KEYS = {
    "incident": ({"title"},),
    "new_loan": ({"new_name"}, {"new_borrower", "new_due", "new_months", "new_kind"}),
    "contact": (),
}
"""The alternate keys of each table."""

SETS = {each["EntitySetName"]: each for each in TABLES}
