"""Creates graphs on Hookline, waits for them, and receives their work."""

from ._client.clients import AsyncHookline, Hookline
from ._client.created import Created
from ._client.errors import Fault, HooklineError
from ._client.events import LiveEvent
from ._client.graph import Graph, TaskHandle, webhook
from ._receiver.failures import NonRetryable, RetryAfter
from ._receiver.job import AsyncJob, Job
from ._receiver.notification import Notification
from ._receiver.receiver import Receiver

__all__ = [
    "AsyncHookline",
    "AsyncJob",
    "Created",
    "Fault",
    "Graph",
    "Hookline",
    "HooklineError",
    "Job",
    "LiveEvent",
    "NonRetryable",
    "Notification",
    "Receiver",
    "RetryAfter",
    "TaskHandle",
    "webhook",
]
