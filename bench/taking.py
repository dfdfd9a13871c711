"""The two servers whose speed at taking changes in is compared: ours, and the least there can be."""

import asyncio
import sqlite3
import threading
from pathlib import Path
from typing import Any, cast

import orjson
import uvloop
from fastapi import FastAPI, Request
from starlette.concurrency import run_in_threadpool
from temporalio.client import Client

from api.app import create_app
from api.gateway import Gateway, clock
from api.intake import Intake
from api.serving import listening_socket, serve
from bench.seed import SEED, go_live
from store.database import Database
from store.schema import upgrade


def serve_ours(file: Path, port: int) -> None:
    """Serve the gateway, without anything beyond its store: what comes in concerns nobody."""
    database = Database(f"sqlite:///{file}")
    upgrade(database)
    gateway = Gateway(
        database=database,
        intake=Intake(database, clock, lambda: None),
        client=cast("Client", None),  # nobody is told anything
        ready=_is_well,
        base_url=f"http://127.0.0.1:{port}",
    )
    _serve(create_app(gateway), port)


def serve_with_a_journey(file: Path, port: int) -> None:
    """Serve the gateway with a journey live that everybody enters, and nobody to carry commands over."""
    database = Database(f"sqlite:///{file}")
    upgrade(database)
    go_live(database, SEED.journeys[0])
    database.close()
    serve_ours(file, port)


def serve_floor(file: Path, port: int) -> None:
    """Serve a handler that parses the same body and makes the two writes that nobody can avoid."""
    upgrade(Database(f"sqlite:///{file}"))
    connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA synchronous = FULL")
    app, pen = FastAPI(), threading.Lock()

    def write(changes: list[dict[str, Any]]) -> None:
        now = clock().isoformat(" ")
        named = [(each["id"], now) for each in changes]
        records = [
            (each["table"], each["record_id"], orjson.dumps(each["values"]).decode(), now)
            for each in changes
        ]
        with pen:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO inbox VALUES ('api', ?, ?)", named)
            connection.executemany(
                'INSERT INTO records ("table", id, "values", changed_at, created) '
                "VALUES (?, ?, ?, ?, 1)",
                records,
            )
            connection.execute("COMMIT")

    @app.post("/v1/changes")
    async def take(request: Request) -> dict[str, Any]:
        body = orjson.loads(await request.body())
        changes = body if isinstance(body, list) else [body]
        await run_in_threadpool(write, changes)
        return {"accepted": len(changes)}

    app.get("/healthz")(_is_well)
    _serve(app, port)


async def _is_well() -> dict[str, str]:
    return {}


def _serve(app: FastAPI, port: int) -> None:
    """Serve *app* as the gateway is served, until the process is ended."""
    uvloop.run(serve(app, listening_socket("127.0.0.1", port), asyncio.Event()))
