"""What is registered with the environment, and the webhooks that it posts by it."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx
import orjson
from starlette.responses import Response

from tests.environment.rows import LOGICAL_NAME, Bad, Rows

XRM = "http://schemas.microsoft.com/xrm/2011/Contracts"
MESSAGES = ("Create", "Update", "Delete")
FILTERED = ("contact", "incident", "new_loan")
REQUIRED: dict[str, set[str]] = {
    "serviceendpoints": {"name", "url", "contract", "authtype", "authvalue"},
    "sdkmessageprocessingsteps": {
        "name", "stage", "mode", "rank", "supporteddeployment",
        "eventhandler_serviceendpoint@odata.bind", "sdkmessageid@odata.bind",
        "sdkmessagefilterid@odata.bind",
    },
    "sdkmessageprocessingstepimages": {
        "name", "entityalias", "imagetype", "messagepropertyname",
        "sdkmessageprocessingstepid@odata.bind",
    },
}  # fmt: skip
LOOKUPS = {"eventhandler_serviceendpoint": "eventhandler"}


def _id(*of: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(of)))


@dataclass
class Registry:
    """*sets* are the rows by their entity set; *posted* what is still to be posted, and to where."""

    sets: dict[str, list[dict[str, Any]]] = field(
        default_factory=lambda: {
            "sdkmessages": [{"sdkmessageid": _id(each), "name": each} for each in MESSAGES],
            "sdkmessagefilters": [
                {
                    "sdkmessagefilterid": _id(message, table),
                    "primaryobjecttypecode": table,
                    "_sdkmessageid_value": _id(message),
                }
                for message in MESSAGES
                for table in FILTERED
            ],
            "serviceendpoints": [],
            "sdkmessageprocessingsteps": [],
            "sdkmessageprocessingstepimages": [],
        }
    )
    posted: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def has(self, path: str) -> bool:
        return path.partition("(")[0] in self.sets

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> Response:
        name, _, rest = path.partition("(")
        rows = self.sets[name]
        if method == "GET":
            kept = [row for row in rows if _fits(row, query.get("$filter", ""))]
            chosen = query["$select"].split(",")
            answer = {"value": [{each: row.get(each) for each in chosen} for row in kept]}
            return Response(orjson.dumps(answer), media_type="application/json")
        if method == "PATCH":
            record_id = rest.rstrip(")")
            next(row for row in rows if row[f"{name[:-1]}id"] == record_id).update(body)
            return Response(status_code=204)
        if missing := REQUIRED[name] - body.keys():
            raise Bad(f"Expected {sorted(missing)} of {name}.")
        row = {f"{name[:-1]}id": str(uuid.uuid4())}
        for each, value in body.items():
            navigation, bound, _ = each.partition("@odata.bind")
            if bound:
                found = value.removeprefix("/").rstrip(")").partition("(")
                if found[2] not in [one[f"{found[0][:-1]}id"] for one in self.sets[found[0]]]:
                    raise Bad(f"Expected {each} to be there.", 404)
                row[f"_{LOOKUPS.get(navigation, navigation)}_value"] = found[2]
            else:
                row[each] = value
        rows.append(row)
        address = f"{name}({row[f'{name[:-1]}id']})"
        return Response(status_code=204, headers={"OData-EntityId": address})

    def happened(
        self, message: str, table: str, record_id: str, rows: Rows, entity_set: str, body: Any,
        query: dict[str, str],
    ) -> None:  # fmt: skip
        """Post what happened by every step that is registered for it."""
        row = rows.rows[entity_set, record_id]
        for step in self.sets["sdkmessageprocessingsteps"]:
            if step["_sdkmessageid_value"] != _id(message):
                continue
            if step["_sdkmessagefilterid_value"] != _id(message, table):
                continue
            [endpoint] = [
                each
                for each in self.sets["serviceendpoints"]
                if each["serviceendpointid"] == step["_eventhandler_value"]
            ]
            context = _context(message, table, record_id, row, body, step, query.get("tag"))
            self.posted.append((f"{endpoint['url']}?code={endpoint['authvalue']}", context))

    async def post(self, http: httpx.AsyncClient) -> list[httpx.Response]:
        """Post what is to be posted; return what was answered."""
        waiting, self.posted = self.posted, []
        return [await http.post(url, json=context) for url, context in waiting]


def _fits(row: dict[str, Any], condition: str) -> bool:
    for one in condition.split(" and ") if condition else ():
        name, _, value = one.partition(" eq ")
        if str(row.get(name)) != value.strip("'"):
            return False
    return True


def _listed(values: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": value} for key, value in values.items()]


def _context(
    message: str, table: str, record_id: str, row: dict[str, Any], body: Any,
    step: dict[str, Any], tag: str | None,
) -> dict[str, Any]:  # fmt: skip
    written = {name.partition("@")[0] for name in body} | {"modifiedon", f"{table}id"}
    shown = row if message == "Create" else {n: v for n, v in row.items() if n in written}
    target = {
        "__type": f"Entity:{XRM}", "Attributes": _listed(_attributes(shown)), "Id": record_id,
        "LogicalName": table, "FormattedValues": [], "KeyAttributes": [], "RowVersion": None,
    }  # fmt: skip
    return {
        "MessageName": message, "PrimaryEntityName": table, "PrimaryEntityId": record_id,
        "OrganizationId": "0f0f0f0f-0000-4000-8000-00000000000f", "OperationId": str(uuid.uuid4()),
        "OperationCreatedOn": "/Date(1795510801000+0000)/", "Depth": 1, "Mode": step["mode"],
        "InitiatingUserId": "abababab-0000-4000-8000-0000000000ab", "Stage": step["stage"],
        "InputParameters": _listed({"Target": target}), "OutputParameters": [],
        "PreEntityImages": [], "PostEntityImages": [],
        "SharedVariables": _listed({"tag": tag} if tag else {}),
        "OwningExtension": {"Id": step["sdkmessageprocessingstepid"]},
    }  # fmt: skip


def _attributes(row: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in row.items():
        if name.endswith("_value") and value is not None:
            found[name[1:-6]] = {
                "__type": f"EntityReference:{XRM}", "Id": value, "Name": None,
                "LogicalName": row[name + LOGICAL_NAME], "KeyAttributes": [], "RowVersion": None,
            }  # fmt: skip
        elif name.endswith("code") and value is not None:
            found[name] = {"__type": f"OptionSetValue:{XRM}", "Value": value}
        elif name in {"createdon", "modifiedon"}:
            found[name] = f"/Date({int(datetime.fromisoformat(value).timestamp() * 1000)})/"
        elif "@" not in name and not name.endswith("_value"):
            found[name] = value
    return found
