"""The worker: which workflows and activities it runs, and with what."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from temporalio.client import Client
from temporalio.worker import PollerBehaviorAutoscaling, UnsandboxedWorkflowRunner, Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.acts import Acts, Door
from activities.elsewhere import WritesElsewhere
from activities.messages import Messages
from activities.partings import Partings
from activities.records import Records
from activities.timeline import Timeline
from activities.webhooks import Webhooks
from channels.calling import Caller
from channels.channel import Channel
from connections.web_api import Memory
from store.database import Database
from workflows.instance import JourneyInstance

TASK_QUEUE = "sojourn"
WORKFLOWS = [JourneyInstance]

_ROOMS = ("activities", "channels", "journeys", "store", "workflows")
"""Passed through the sandbox as they are: class identity must hold in unions, and imports cost."""

_THREADS = 20


def create_worker(
    client: Client,
    database: Database,
    channels: Mapping[str, Channel],
    door: Door,
    caller: Caller,
    *,
    sandbox: bool,
    task_queue: str = TASK_QUEUE,
) -> Worker:
    """Return a worker for instances and their activities.

    *door* takes in what journeys themselves change and fire, *caller* calls endpoints; *sandbox*
    looks for impure workflow code.
    """
    acts, webhooks = Acts(door), Webhooks(database, caller)
    records, timeline = Records(database), Timeline(database)
    messages, partings = Messages(database, channels), Partings(database)
    restrictions = SandboxRestrictions.default.with_passthrough_modules(*_ROOMS)
    pollers = PollerBehaviorAutoscaling(initial=10, minimum=2, maximum=50)
    return Worker(
        client,
        task_queue=task_queue,
        workflows=WORKFLOWS,
        activities=[
            records.read_fields,
            timeline.write_down,
            messages.send_message,
            partings.take_way,
            acts.fire_trigger,
            acts.write_record,
            WritesElsewhere(acts, Memory()).write_elsewhere,
            webhooks.call_webhook,
        ],
        activity_executor=ThreadPoolExecutor(_THREADS, thread_name_prefix="activity"),
        workflow_runner=SandboxedWorkflowRunner(restrictions=restrictions)
        if sandbox
        else UnsandboxedWorkflowRunner(),
        workflow_task_poller_behavior=pollers,
        activity_task_poller_behavior=pollers,
        graceful_shutdown_timeout=timedelta(seconds=10),
    )
