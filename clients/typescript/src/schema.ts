// Written from openapi.json by `npm run artefacts`.
export interface paths {
    "/audit-log": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List who changed what, newest first
         * @description An entry is written in the transaction of its effect. Requests that changed nothing leave none. With retention, entries are removed after `RETENTION_DAYS`.
         */
        get: operations["listAuditEntries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/batch/{batch_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the statistics of a batch
         * @description Sums over all of its tasks, and their number in each status.
         */
        get: operations["getBatch"];
        put?: never;
        post?: never;
        /**
         * Stop a batch: cancel all of its tasks that have not ended
         * @description Tasks that have ended keep their status. A stopped batch takes no more tasks.
         */
        delete: operations["stopBatch"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/batch/{batch_id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Stream the changes of the tasks of a batch
         * @description After the event `ready` no change is missed: read the graph then. Each event `task` holds the light form of a task that was added or has changed. New links come only with added tasks: read the graph again for them. Changes that follow each other within a moment may be merged into the last of them.
         */
        get: operations["streamTasks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/batch/{batch_id}/rerun": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Rerun the tasks of a batch that failed or were canceled
         * @description Each task gets another attempt, which starts when its parents have ended. What succeeded stays and counts as satisfied. When the batch completes again, `on_batch_complete` is called again.
         */
        post: operations["rerunBatch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/batch/{batch_id}/rules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Replace the rules of all unfinished tasks of one kind
         * @description An empty array removes them. Tasks that are running go on.
         */
        patch: operations["updateRules"];
        trace?: never;
    };
    "/batch/{batch_id}/task": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Add tasks to a batch
         * @description Adds all tasks of the request, or none. They may depend on tasks of the batch, by UUID or local id. `before` makes `Waiting` tasks wait for them. A completed batch is open again. Receivers of unfinished tasks may add tasks to their batch, without a `dedupe_strategy`. They send the token of their handle as a Bearer token or as the parameter `token`.
         */
        post: operations["addTasks"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/batches": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List batches, by default newest first
         * @description Filters combine with AND. The header `Link` leads to the other pages.
         */
        get: operations["listBatches"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/dag/{batch_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the graph of a batch: its tasks and links
         * @description Tasks are in order of creation. A large graph is sent in pieces.
         */
        get: operations["getGraph"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Stream the changes of batches
         * @description After the event `ready`, each event `batch` holds the summary of a batch that has changed, among the newest 100.
         */
        get: operations["streamBatches"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the health of the service and its database
         * @description For people and monitoring. Restart on `/live`, and route traffic on `/ready`.
         */
        get: operations["getHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Check that the process is alive
         * @description Does not touch the database. Restart the process if this fails.
         */
        get: operations["getLiveness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the metrics of this process for Prometheus
         * @description Does not touch the database: metrics of its queues come from a sample that each worker takes every 15 seconds.
         */
        get: operations["getMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Check that the process is ready for requests
         * @description The process is not ready while it shuts down, migrations are pending, the circuit breaker is open, the connection pool is exhausted, or the database does not answer.
         */
        get: operations["getReadiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/schedule": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List schedules, by default by name
         * @description Each has its last firing. The header `Link` leads to the other pages.
         */
        get: operations["listSchedules"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/schedule/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a schedule, with its next due times and its last firings
         * @description Shows the next five due times and the last ten firings.
         */
        get: operations["getSchedule"];
        /**
         * Create or replace a schedule
         * @description Replaces all settings; those that are left out get their defaults. The firings stay. So does the next due time, unless `cron`, `timezone`, `starts_at` or `ends_at` changes: the same request can be repeated at any time.
         */
        put: operations["saveSchedule"];
        post?: never;
        /**
         * Remove a schedule and the records of its firings; its batches stay
         * @description `PUT` with the same name creates a new one.
         */
        delete: operations["deleteSchedule"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/schedule/{name}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Pause a schedule: nothing is due until it is resumed
         * @description Its batches go on, and it can still be run by hand.
         */
        post: operations["pauseSchedule"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/schedule/{name}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Resume a schedule
         * @description It continues with the next due time from now. Due times during the pause are not fired.
         */
        post: operations["resumeSchedule"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/schedule/{name}/run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Fire a schedule now
         * @description Creates its batch now, in addition to the due times, even while the schedule is paused. `overlap` applies.
         */
        post: operations["runSchedule"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Say whose token or session the request has, and what it allows
         * @description The page asks for it, to show only what a person may do.
         */
        get: operations["getSession"];
        put?: never;
        /**
         * Sign in with a token
         * @description Sets a cookie that stands for the token in requests from pages of this service. It ends with the browser, after twelve hours, or when the token is removed from the configuration.
         */
        post: operations["signIn"];
        /**
         * Sign out
         * @description Removes the cookie from the browser. It needs no valid session.
         */
        delete: operations["signOut"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/task": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List tasks, by default newest first
         * @description Filters combine with AND. The header `Link` leads to the other pages.
         */
        get: operations["listTasks"];
        /**
         * Add progress to the counters of many tasks at once
         * @description Takes a list of increments, each like the one of `PUT /task/{id}`. Up to 10,000 items. Each succeeds or fails by itself, with the status code that it would have had alone; items about one task are applied in their order. Without a token of the service, each item needs the `token` of its handle, and the body is limited to 4 MiB; an answer of 401 to the whole request means that no item has a valid one.
         */
        put: operations["countProgressOfMany"];
        /**
         * Create a batch of tasks
         * @description Creates all tasks of the request, or none. Tasks may depend on tasks defined earlier in the request.
         */
        post: operations["createTasks"];
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Report on many tasks at once
         * @description Takes a list of reports, each like the one of `PATCH /task/{id}`, but without `run_at`. Up to 10,000 items. Each succeeds or fails by itself, with the status code that it would have had alone; items about one task are applied in their order. Without a token of the service, each item needs the `token` of its handle, and the body is limited to 4 MiB; an answer of 401 to the whole request means that no item has a valid one.
         */
        patch: operations["reportTasks"];
        trace?: never;
    };
    "/task/pause/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Pause a task
         * @description A paused task does not start. If it is running already, only its timeout stops.
         */
        patch: operations["pauseTask"];
        trace?: never;
    };
    "/task/resume/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Resume a paused task in its earlier status, updated by what happened meanwhile
         * @description The timeout of a running task starts again.
         */
        patch: operations["resumeTask"];
        trace?: never;
    };
    "/task/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a task
         * @description Returns the full form. A handle token of a notification gets only the light form, without rules, metadata, actions or failure reason.
         */
        get: operations["getTask"];
        /**
         * Add progress to the counters of a task, at a high rate
         * @description 202 means that the increment is committed. It counts in every status, terminal ones included.
         */
        put: operations["countProgress"];
        post?: never;
        /**
         * Cancel a task; descendants that require it fail
         * @description The receiver of a task in progress gets the cancel actions that it returned from the start call.
         */
        delete: operations["cancelTask"];
        options?: never;
        head?: never;
        /**
         * Report on a task: its result, progress, or only that it is alive
         * @description For the receiver of the task, which gets this URL as `handle`. 200 means that the report and all its effects on the graph are committed, and every notification is queued. 409 means that another attempt is the current one. A body with nothing but `run_at` moves the start of a task that has not started; `null` means now.
         */
        patch: operations["reportTask"];
        trace?: never;
    };
    "/task/{id}/attempts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the attempts at a task, newest first
         * @description The current attempt is included. A task without a retry policy has one attempt.
         */
        get: operations["listAttempts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/task/{id}/rerun": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Rerun a task that failed or was canceled, with its descendants that did not succeed
         * @description Each task gets another attempt, which starts when its parents have ended. What succeeded stays and counts as satisfied. With `downstream`, a task that succeeded runs again too.
         */
        post: operations["rerunTask"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/task/{id}/why": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Explain why a task is not running: parents, its time, rules, a pause, the queue, no worker
         * @description The answer is that of this moment. A task that is running or has ended is explained too.
         */
        get: operations["explainTask"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/view": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The page: live batches, graphs, schedules and deliveries
         * @description The page holds no data: it asks the API, with the token of its user.
         */
        get: operations["getPage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhook-deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List calls to receivers, start calls included, by default last changed first
         * @description Calls in flight and notifications that wait for their next attempt are listed too.
         */
        get: operations["listDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhook-deliveries/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send exhausted notifications again, oldest first
         * @description Replays at most 1,000 notifications a call; repeat while `replayed` is 1,000.
         */
        post: operations["replayDeliveries"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhook-deliveries/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a call to a receiver: its request, its attempts, and what it waits for
         * @description The id of a start call in flight is that of its task. It also finds the last start call of the task.
         */
        get: operations["getDelivery"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhook-deliveries/{id}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send an exhausted notification again
         * @description Queues the notification with its idempotency key and a new set of attempts.
         */
        post: operations["replayDelivery"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Action: {
            /**
             * @description Kind of the action; `Webhook` is the only one.
             * @enum {string}
             */
            kind: "Webhook";
            /**
             * @description Calls with the same trigger, URL, verb, headers and `group` that are due at the same moment go out as one request. None
             *     waits for others. Omit it to send each call as a request of its own.
             */
            group?: components["schemas"]["CallGroup"];
            /**
             * @description `true`: the body, which must be an object or absent, gets a member `hookline` with the task, its parents and their
             *     results. Not allowed in `on_batch_complete`.
             * @default false
             */
            context?: boolean;
            /** @description The HTTP request. */
            params: components["schemas"]["WebhookParams"];
        };
        AddedTask: {
            /**
             * @description Local id, unique in the request, for references from other tasks of the request.
             * @example build
             */
            id: string;
            /**
             * @description Name shown to people; at most 255 characters, not blank.
             * @example Build the app
             */
            name: string;
            /**
             * @description Kind of work, used by rules and filters; at most 100 characters, not blank.
             * @example build
             */
            kind: string;
            /**
             * @description Seconds that a running task may be silent before it fails.
             * @default 60
             */
            timeout?: number;
            /** @description When to try again after a failure; without it, the first failure ends the task. */
            retry?: components["schemas"]["RetryPolicy"];
            /**
             * Format: date-time
             * @description Time before which the task does not start: ISO 8601 with a zone. Not together with `delay_secs`.
             * @example 2026-01-06T03:00:00+01:00
             */
            run_at?: string;
            /**
             * @description Seconds to wait after creation, or after the last parent has ended. Not together with `run_at`.
             * @example 300
             */
            delay_secs?: number;
            /**
             * @description Metadata of the task: any JSON, at most 64 KiB.
             * @example {
             *       "project": "shop",
             *       "branch": "main"
             *     }
             */
            metadata?: Record<string, unknown> | unknown[] | string | number | boolean | null;
            /** @description Webhook to call when the task may start. A 2xx answer means that the receiver accepts the task. */
            on_start: components["schemas"]["Action"];
            /** @description Webhooks to call when the task succeeds. */
            on_success?: components["schemas"]["Action"][];
            /** @description Webhooks to call when the task fails, for any reason, or is canceled as a dead end. */
            on_failure?: components["schemas"]["Action"][];
            /** @description Tasks that must end before this one starts; at most `MAX_DEPS_PER_TASK`. */
            dependencies?: components["schemas"]["Dependency"][];
            /**
             * @description Number of items to process; required with a Capacity rule.
             * @example 10
             */
            expected_count?: number;
            /**
             * @description Tasks with a higher priority start first.
             * @default 0
             */
            priority?: number;
            /**
             * @description `true`: if this task is canceled as a dead end, its own parents are not canceled.
             * @default false
             */
            dead_end_barrier?: boolean;
            /** @description Rules that must all admit the task before it starts; at most 32. */
            rules?: components["schemas"]["Rule"][];
            /** @description Skips creation if any entry matches an existing task; dependents are linked to that task. At most 32 entries. */
            dedupe_strategy?: components["schemas"]["Matcher"][];
            /** @description Existing `Waiting` tasks that wait for this one as well; at most `MAX_DEPS_PER_TASK`. Not with `dedupe_strategy`. */
            before?: components["schemas"]["Before"][];
        };
        AddedTasks: {
            /** @description Tasks to add, at most `MAX_TASKS_PER_BATCH`, parents before their children. */
            tasks: components["schemas"]["AddedTask"][];
        };
        Attempt: {
            /**
             * @description Number of the attempt, from 1.
             * @example 1
             */
            attempt: number;
            /**
             * @description Status in which the attempt ended; of the current attempt, the status of the task.
             * @example Failure
             * @enum {string}
             */
            status: "Waiting" | "Pending" | "Claimed" | "Running" | "Paused" | "Success" | "Failure" | "Canceled";
            /**
             * Format: date-time
             * @description When the receiver accepted the attempt; null if it did not.
             * @example 2026-01-05T08:00:00.250Z
             */
            started_at: string | null;
            /**
             * Format: date-time
             * @description When the attempt ended; null if it has not.
             * @example 2026-01-05T08:00:05.000Z
             */
            ended_at: string | null;
            /**
             * @description Why the attempt failed or was canceled; null otherwise.
             * @example Timeout
             */
            failure_reason: string | null;
            /**
             * @description Items reported as done in this attempt.
             * @example 3
             */
            success: number;
            /**
             * @description Items reported as failed in this attempt.
             * @example 0
             */
            failures: number;
        };
        AuditEntry: {
            /**
             * @description Number of the entry; later entries mostly have higher ones.
             * @example 4711
             */
            id: number;
            /**
             * Format: date-time
             * @description When it was done.
             */
            at: string;
            /**
             * @description Name of the token with which it was done; null if the service had no `AUTH_TOKEN`.
             * @example anna
             */
            actor: string | null;
            /**
             * @description What was done.
             * @example cancel_task
             * @enum {string}
             */
            action: "cancel_task" | "pause_task" | "resume_task" | "reschedule_task" | "rerun_tasks" | "stop_batch" | "update_rules" | "replay_deliveries" | "save_schedule" | "delete_schedule" | "run_schedule" | "pause_schedule" | "resume_schedule";
            /**
             * Format: uuid
             * @description Id of the batch; null for actions on several batches, and on schedules except `run_schedule`.
             */
            batch_id: string | null;
            /**
             * Format: uuid
             * @description Id of the task, for actions on one task.
             */
            task_id: string | null;
            /**
             * @description Name of the schedule, for actions on schedules, and if its run stopped the batch.
             * @example null
             */
            schedule: string | null;
            /**
             * @description More about the action: `ended` (cancel, stop: tasks that ended), `tasks` (rerun, rules), `downstream`, `kind`,
             *     `deliveries` (replay), `from` or `to` (pause, resume), `run_at` (reschedule: the time, or `now`), `created` (schedule).
             * @example {
             *       "ended": 3
             *     }
             */
            details: {
                [key: string]: unknown;
            } | null;
        };
        /** @description The body of the action, with a member about the batch. */
        BatchCompletion: {
            /** @description How the batch ended. */
            arcrun: {
                /**
                 * Format: uuid
                 * @description Id of the batch
                 */
                batch_id: string;
                /** @description Number of tasks by the status that they ended in */
                counts: {
                    success: number;
                    failure: number;
                    canceled: number;
                };
                /**
                 * Format: date-time
                 * @description When the last task ended
                 */
                completed_at: string;
                /**
                 * @description The event
                 * @enum {string}
                 */
                trigger: "batch_complete";
            };
        };
        BatchStats: {
            /**
             * Format: uuid
             * @description Id of the batch.
             */
            batch_id: string;
            /**
             * @description Number of tasks in the batch.
             * @example 12
             */
            total_tasks: number;
            /**
             * @description Items done, summed over all tasks.
             * @example 40
             */
            total_success: number;
            /**
             * @description Items failed, summed over all tasks.
             * @example 2
             */
            total_failures: number;
            /**
             * @description Items expected, summed over all tasks; null if any task has no `expected_count`.
             * @example 120
             */
            total_expected: number | null;
            /**
             * @description Number of tasks in each status.
             * @example {
             *       "waiting": 0,
             *       "pending": 0,
             *       "claimed": 0,
             *       "running": 0,
             *       "paused": 0,
             *       "success": 12,
             *       "failure": 0,
             *       "canceled": 0
             *     }
             */
            status_counts: {
                waiting: number;
                pending: number;
                claimed: number;
                running: number;
                paused: number;
                success: number;
                failure: number;
                canceled: number;
            };
            /**
             * @description Scope given when the batch was created; null if none was.
             * @example release-2026-01
             */
            scope: string | null;
            /**
             * @description Metadata of the batch, any JSON; null if none was given.
             * @example null
             */
            metadata: Record<string, unknown> | unknown[] | string | number | boolean | null;
        };
        BatchSummary: {
            /**
             * Format: uuid
             * @description Id of the batch.
             */
            batch_id: string;
            /**
             * @description Number of tasks in the batch.
             * @example 12
             */
            total_tasks: number;
            /**
             * Format: date-time
             * @description When the first task of the batch was created.
             */
            first_created_at: string;
            /**
             * Format: date-time
             * @description When a task of the batch last changed.
             */
            latest_updated_at: string;
            /**
             * @description Number of tasks in each status.
             * @example {
             *       "waiting": 0,
             *       "pending": 0,
             *       "claimed": 0,
             *       "running": 0,
             *       "paused": 0,
             *       "success": 12,
             *       "failure": 0,
             *       "canceled": 0
             *     }
             */
            status_counts: {
                waiting: number;
                pending: number;
                claimed: number;
                running: number;
                paused: number;
                success: number;
                failure: number;
                canceled: number;
            };
            /**
             * @description Kinds of the tasks, in alphabetical order.
             * @example [
             *       "build",
             *       "deploy"
             *     ]
             */
            kinds: string[];
            /**
             * @description Scope given when the batch was created; null if none was.
             * @example release-2026-01
             */
            scope: string | null;
            /**
             * @description Metadata of the batch, any JSON; null if none was given.
             * @example null
             */
            metadata: Record<string, unknown> | unknown[] | string | number | boolean | null;
            /**
             * Format: date-time
             * @description When the batch was stopped; null if it was not, or if a rerun has opened it again. Only if `fields` asks for it.
             * @example null
             */
            stopped_at?: string | null;
            /**
             * @description Number of exhausted notifications; 1,000 means 1,000 or more. Only if `fields` asks for it.
             * @example 0
             */
            exhausted_deliveries?: number;
        };
        Before: {
            /**
             * @description A `Waiting` task of the batch: its UUID, or its local id if no other task of the batch has the same.
             * @example publish
             */
            id: string;
            /**
             * @description `true`: the new task must succeed, or the waiting one fails too. `false`: it must end, with any result.
             * @example true
             */
            requires_success: boolean;
        };
        BulkIncrement: {
            /**
             * Format: uuid
             * @description Id of the task.
             * @example 01a20385-0579-772d-b781-92370a992fbd
             */
            id: string;
            /**
             * @description The attempt that the item is about, as its handle names it.
             * @default 1
             */
            attempt?: number;
            /** @description The token in the handle of the start call. Only needed if the request has no token of the service. */
            token?: string;
            /**
             * @description Items done since the last report; added to `success`, which stops at 2147483647.
             * @example 5
             */
            new_success?: number;
            /**
             * @description Items failed since the last report; added to `failures`, which stops at 2147483647.
             * @example 0
             */
            new_failures?: number;
        };
        BulkReport: {
            /**
             * Format: uuid
             * @description Id of the task.
             * @example 01a20385-0579-772d-b781-92370a992fbd
             */
            id: string;
            /**
             * @description The attempt that the item is about, as its handle names it.
             * @default 1
             */
            attempt?: number;
            /** @description The token in the handle of the start call. Only needed if the request has no token of the service. */
            token?: string;
            /**
             * @description Items done since the last report; added to `success`, which stops at 2147483647.
             * @example 5
             */
            new_success?: number;
            /**
             * @description Items failed since the last report; added to `failures`, which stops at 2147483647.
             * @example 0
             */
            new_failures?: number;
            /**
             * @description Result of the task; omit it to report progress only.
             * @example Success
             * @enum {string}
             */
            status?: "Success" | "Failure";
            /** @description Reason of the failure, at most 65,536 characters; required with `Failure`, not allowed otherwise. */
            failure_reason?: string;
            /**
             * @description Result of the work, with a `status`: any JSON, at most 64 KiB. The result of a retried attempt is not kept.
             * @example {
             *       "url": "https://example.com/app-1.4.tar"
             *     }
             */
            result?: Record<string, unknown> | unknown[] | string | number | boolean | null;
            /**
             * @description `false` with `Failure`: the task ends, although its retry policy has attempts left.
             * @default true
             */
            retry?: boolean;
            /**
             * @description With `Failure`: the pause before the next attempt in seconds, instead of the one of the retry policy.
             * @example 30
             */
            retry_after_secs?: number;
            /**
             * @description Number of items to process; replaces the current value.
             * @example 10
             */
            expected_count?: number;
            /**
             * @description Priority; replaces the current value. Tasks with a higher priority start first.
             * @example 0
             */
            priority?: number;
            /** @description Metadata of the task; replaces the current value. Any JSON, at most 64 KiB. */
            metadata?: Record<string, unknown> | unknown[] | string | number | boolean | null;
        };
        BulkResult: {
            /**
             * Format: uuid
             * @description The `id` of the item as it was sent; null if it is not a UUID.
             */
            id: string | null;
            /**
             * @description The status code that the item would have had alone: 200 or 202 if it is committed.
             * @example 200
             */
            status: number;
            /** @description What is wrong with the item, in one sentence per fault, joined by `; `. Absent if it is committed. */
            error?: string;
            /**
             * @description Status of the task. Only with 409, and with 404 if the task exists.
             * @enum {string}
             */
            current_status?: "Waiting" | "Pending" | "Claimed" | "Running" | "Paused" | "Success" | "Failure" | "Canceled";
            /** @description The current attempt at the task. Only with 409. */
            current_attempt?: number;
        };
        BulkResults: {
            /** @description One result per item, in the order of the items. */
            results: components["schemas"]["BulkResult"][];
        };
        CallGroup: {
            /**
             * @description The most calls in one request, from 2 to 1,000.
             * @example 100
             */
            max_size: number;
        };
        Dag: {
            /** @description Tasks of the batch, in order of creation. */
            tasks: components["schemas"]["ListedTask"][];
            /** @description Links between these tasks. */
            links: components["schemas"]["Link"][];
        };
        Delivery: {
            /**
             * Format: uuid
             * @description Id of the delivery.
             */
            id: string;
            /**
             * Format: uuid
             * @description Id of the task; null for the completion of a batch.
             */
            task_id: string | null;
            /**
             * Format: uuid
             * @description Id of the batch.
             */
            batch_id: string;
            /**
             * @description Event that triggers the call.
             * @enum {string}
             */
            trigger: "start" | "end" | "cancel" | "batch_complete";
            /**
             * @description Value of the header `Idempotency-Key`, equal in all attempts.
             * @example 019a8c5e-7f2a-7c3e-9d55-0a4f3c2b1e10:end:success
             */
            idempotency_key: string;
            /**
             * @description URL without user name and password. With `AUTH_TOKEN` set, values of the query are replaced by `***`.
             * @example https://worker.example.com/deployed
             */
            url: string;
            /**
             * @description `failure`: a refused start call. `exhausted`: a notification without attempts left.
             * @enum {string}
             */
            status: "pending" | "success" | "failure" | "exhausted";
            /**
             * @description Number of attempts so far.
             * @example 1
             */
            attempts: number;
            /**
             * Format: date-time
             * @description Earliest time of the next attempt, including the cooldown of the host; null if there is none, or for a start call.
             */
            next_attempt_at: string | null;
            /**
             * @description HTTP status of the last attempt; null without an answer.
             * @example 200
             */
            last_status: number | null;
            /**
             * @description Why the last attempt failed, or why the host is in cooldown; null if there was no failure.
             * @example null
             */
            last_error: string | null;
            /**
             * Format: date-time
             * @description When the call was queued.
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When the delivery last changed.
             */
            updated_at: string;
        };
        DeliveryAttempt: {
            /**
             * @description Number of the attempt, from 1; a replay counts from 1 again.
             * @example 1
             */
            attempt: number;
            /**
             * Format: date-time
             * @description When it began.
             */
            started_at: string;
            /**
             * @description Duration of the request in ms, which calls of a group share; null if nothing was sent.
             * @example 37
             */
            duration_ms: number | null;
            /**
             * @description HTTP status of the answer; null without one.
             * @example 503
             */
            status: number | null;
            /**
             * @description Why it failed.
             * @example Webhook answered 503
             */
            error: string | null;
            /**
             * @description Beginning of the answer, as in `last_answer`.
             * @example Database is down
             */
            answer: string | null;
        };
        DeliveryDetail: {
            /**
             * Format: uuid
             * @description Id of the delivery.
             */
            id: string;
            /**
             * Format: uuid
             * @description Id of the task; null for the completion of a batch.
             */
            task_id: string | null;
            /**
             * Format: uuid
             * @description Id of the batch.
             */
            batch_id: string;
            /**
             * @description Event that triggers the call.
             * @enum {string}
             */
            trigger: "start" | "end" | "cancel" | "batch_complete";
            /**
             * @description Value of the header `Idempotency-Key`, equal in all attempts.
             * @example 019a8c5e-7f2a-7c3e-9d55-0a4f3c2b1e10:end:success
             */
            idempotency_key: string;
            /**
             * @description URL without user name and password. With `AUTH_TOKEN` set, values of the query are replaced by `***`.
             * @example https://worker.example.com/deployed
             */
            url: string;
            /**
             * @description `failure`: a refused start call. `exhausted`: a notification without attempts left.
             * @enum {string}
             */
            status: "pending" | "success" | "failure" | "exhausted";
            /**
             * @description Number of attempts so far.
             * @example 1
             */
            attempts: number;
            /**
             * Format: date-time
             * @description Earliest time of the next attempt, including the cooldown of the host; null if there is none, or for a start call.
             */
            next_attempt_at: string | null;
            /**
             * @description HTTP status of the last attempt; null without an answer.
             * @example 200
             */
            last_status: number | null;
            /**
             * @description Why the last attempt failed, or why the host is in cooldown; null if there was no failure.
             * @example null
             */
            last_error: string | null;
            /**
             * Format: date-time
             * @description When the call was queued.
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When the delivery last changed.
             */
            updated_at: string;
            /**
             * @description Name and port of the URL, without a default port; null if the URL is invalid.
             * @example worker.example.com
             */
            host: string | null;
            /** @description The request; null if the task has been removed. */
            request: components["schemas"]["DeliveryRequest"] | null;
            /**
             * @description Duration of the last request in ms, which calls of a group share; null if none has ended, or is not known.
             * @example 37
             */
            last_duration_ms: number | null;
            /**
             * @description Beginning of the last answer as text, at most 1,024 bytes; null if it was empty or is not known. Bytes that are no text
             *     are replaced by U+FFFD. Values of headers, query values and handle tokens are replaced by `***`. For a call of a group, what
             *     the answer says about it.
             * @example {"accepted":true}
             */
            last_answer: string | null;
            /** @description Failed attempts, oldest first; the newest 20. A start call has none: each attempt at a task is a delivery of its own. */
            attempt_log: components["schemas"]["DeliveryAttempt"][];
            /** @description Why the delivery is pending; null if it is not. */
            waits_for: components["schemas"]["DeliveryWait"] | null;
        };
        DeliveryRequest: {
            /**
             * @description HTTP method.
             * @example Post
             * @enum {string}
             */
            verb: "Get" | "Post" | "Put" | "Patch" | "Delete";
            /**
             * @description URL, shown as in the delivery. Calls about tasks also have the query parameter `handle`.
             * @example https://worker.example.com/deployed
             */
            url: string;
            /**
             * @description Headers of the action, each value as `***`. Hookline adds `Idempotency-Key`, `X-Task-*`, and others that identify the call.
             * @example {
             *       "Authorization": "***"
             *     }
             */
            headers: {
                [key: string]: string;
            };
            /**
             * @description Body of the action; null if it has none. Hookline adds the member `hookline` if the action asks for its context, and
             *     `arcrun` at the completion of a batch. A call of a group is an entry in the body of a shared request.
             * @example {
             *       "branch": "main"
             *     }
             */
            body: Record<string, unknown> | unknown[] | string | number | boolean | null;
        };
        DeliveryWait: {
            /**
             * @description `in_flight`: the call is being made, or has a slot and is about to be made. `start_result`: it is sent after the start
             *     result of its task. `cooldown`: its host is not called. `backoff`: the last attempt failed. `slot`: it is due, and no
             *     worker had a free slot yet.
             * @enum {string}
             */
            type: "in_flight" | "start_result" | "cooldown" | "backoff" | "slot";
            /**
             * Format: date-time
             * @description When the wait ends, for `cooldown` and `backoff`; otherwise null.
             */
            until: string | null;
            /**
             * @description The reason in a sentence.
             * @example Attempt 2 waits until 2026-01-05T08:00:00.000Z: Webhook answered 503
             */
            text: string;
        };
        Dependency: {
            /**
             * @description Local id of a task defined earlier in the request.
             * @example build
             */
            id: string;
            /**
             * @description `true`: the parent must succeed, or this task fails too. `false`: the parent must end, with any result.
             * @example true
             */
            requires_success: boolean;
        };
        Firing: {
            /**
             * Format: date-time
             * @description The due time, without jitter; for a manual run, the time of the run.
             * @example 2026-01-05T02:30:00.000Z
             */
            due_at: string;
            /**
             * Format: date-time
             * @description When it was fired, skipped or found to fail.
             * @example 2026-01-05T02:30:00.012Z
             */
            fired_at: string;
            /**
             * @description `fired`; `skipped` because of `overlap`; `failed`: the batch could not be created.
             * @example fired
             * @enum {string}
             */
            status: "fired" | "skipped" | "failed";
            /**
             * Format: uuid
             * @description Id of the created batch; null if none was created.
             * @example 019a8c5e-7f2a-7c3e-9d55-0a4f3c2b1e10
             */
            batch_id: string | null;
            /**
             * @description Why no batch was created; null if one was.
             * @example null
             */
            reason: string | null;
            /**
             * @description Whether `POST /schedule/{name}/run` asked for it.
             * @example false
             */
            manual: boolean;
        };
        /** @description What an accepted group may answer. */
        GroupAnswer: {
            /** @description Entries about single calls: what each could have answered alone, or a refusal. */
            results?: {
                /** @description `Idempotency-Key` of the call */
                key: string;
                /** @description Why the call is refused */
                refused?: string;
            }[];
        };
        /** @description Calls that were due together. */
        GroupedCalls: {
            /** @description The calls; each keeps its own key and attempts. */
            calls: {
                /** @description `Idempotency-Key` of the call */
                key: string;
                /**
                 * @description The event
                 * @enum {string}
                 */
                trigger: "start" | "end" | "cancel" | "batch_complete";
                /**
                 * Format: uuid
                 * @description Id of the task; null for a batch
                 */
                task_id?: string | null;
                /**
                 * Format: uuid
                 * @description Id of the batch
                 */
                batch_id: string;
                /** @description Number of the attempt; null for a batch */
                attempt?: number | null;
                /**
                 * Format: uri
                 * @description The callback URL of the task; null for a batch
                 */
                handle?: string | null;
                /** @description The body of the action; with `context: true`, its member `hookline` is the context. */
                body?: unknown;
                /** @description W3C Trace Context, if the call belongs to a trace */
                traceparent?: string;
            }[];
        };
        Health: {
            /**
             * @description `ok` if the database answers, else `degraded`.
             * @example ok
             * @enum {string}
             */
            status: "ok" | "degraded";
            /**
             * @description Whether the database answers.
             * @example healthy
             * @enum {string}
             */
            database: "healthy" | "unhealthy";
            /**
             * @description Open database connections, busy and idle.
             * @example 10
             */
            pool_size: number;
            /**
             * @description Idle database connections.
             * @example 8
             */
            pool_idle: number;
            /**
             * @description Callers that wait for a database connection.
             * @example 0
             */
            pool_waiting: number;
            /**
             * @description State of the circuit breaker in front of the database.
             * @enum {string}
             */
            breaker: "closed" | "open" | "half-open";
        };
        Increment: {
            /**
             * @description Items done since the last report; added to `success`, which stops at 2147483647.
             * @example 5
             */
            new_success?: number;
            /**
             * @description Items failed since the last report; added to `failures`, which stops at 2147483647.
             * @example 0
             */
            new_failures?: number;
        };
        Link: {
            /**
             * Format: uuid
             * @description Id of the parent task.
             */
            parent_id: string;
            /**
             * Format: uuid
             * @description Id of the child task.
             */
            child_id: string;
            /** @description `true`: the parent must succeed. `false`: the parent must end, with any result. */
            requires_success: boolean;
        };
        ListedTask: {
            /**
             * Format: uuid
             * @description Id of the task.
             * @example 019a8c5e-7f2a-7c3e-9d55-0a4f3c2b1e10
             */
            id: string;
            /**
             * @description Name shown to people.
             * @example Build the app
             */
            name: string;
            /**
             * @description Kind of work.
             * @example build
             */
            kind: string;
            /**
             * @description Current status.
             * @example Running
             * @enum {string}
             */
            status: "Waiting" | "Pending" | "Claimed" | "Running" | "Paused" | "Success" | "Failure" | "Canceled";
            /**
             * Format: date-time
             * @description When the task was created.
             * @example 2026-01-05T08:00:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When the receiver accepted the task; null before that.
             * @example 2026-01-05T08:00:00.250Z
             */
            started_at: string | null;
            /**
             * Format: date-time
             * @description When the task became `Success`, `Failure` or `Canceled`; null before that.
             * @example null
             */
            ended_at: string | null;
            /**
             * @description Items reported as done so far.
             * @example 3
             */
            success: number;
            /**
             * @description Items reported as failed so far.
             * @example 0
             */
            failures: number;
            /**
             * @description Number of items to process; null if unknown.
             * @example 10
             */
            expected_count: number | null;
            /**
             * Format: uuid
             * @description Id of the batch.
             * @example 019a8c5e-7f2a-7c3e-9d55-0a4f3c2b1e00
             */
            batch_id: string;
            /**
             * @description `true`: if this task is canceled as a dead end, its own parents are not canceled.
             * @example false
             */
            dead_end_barrier: boolean;
            /**
             * @description Priority, -1000 to 1000; tasks with a higher one start first.
             * @example 0
             */
            priority: number;
            /**
             * @description Number of the current attempt, from 1.
             * @example 1
             */
            attempt: number;
            /**
             * Format: date-time
             * @description Time before which the task, or its next attempt, does not start; null if there is none.
             * @example null
             */
            run_at: string | null;
            /**
             * @description Id of the task in the request that created it; null if the task is older than this field.
             * @example build
             */
            local_id: string | null;
            /** @description Why the task failed or was canceled, null otherwise; with `fields=failure_reason`. */
            failure_reason?: string | null;
            /**
             * Format: date-time
             * @description Time of the last change or sign of life; with `fields=last_updated`.
             */
            last_updated?: string;
            /** @description Seconds that a running task may be silent before it fails; with `fields=timeout`. */
            timeout?: number;
        };
        Liveness: {
            /**
             * @description Always `alive`.
             * @example alive
             * @enum {string}
             */
            status: "alive";
        };
        Matcher: {
            /**
             * @description Kind of the tasks; at most 100 characters.
             * @example deploy
             */
            kind: string;
            /**
             * @description Status of the tasks. `Running` includes `Claimed` tasks and tasks paused while running.
             * @example Running
             * @enum {string}
             */
            status: "Waiting" | "Pending" | "Claimed" | "Running" | "Paused" | "Success" | "Failure" | "Canceled";
            /**
             * @description Metadata fields that must have the same values as those of the candidate, at most 32. Required; may be empty.
             * @example [
             *       "project"
             *     ]
             */
            fields: string[];
        };
        NamedTask: {
            /**
             * Format: uuid
             * @description Id of the task.
             */
            id: string;
            /**
             * @description Name of the task.
             * @example Build the app
             */
            name: string;
            /**
             * @description Current status of the task.
             * @enum {string}
             */
            status: "Waiting" | "Pending" | "Claimed" | "Running" | "Paused" | "Success" | "Failure" | "Canceled";
        };
        NewBatch: {
            /** @description Tasks to create, at most `MAX_TASKS_PER_BATCH`, parents before their children. */
            tasks: components["schemas"]["NewTask"][];
            /**
             * @description Label to list batches by; at most 255 characters.
             * @example release-2026-01
             */
            scope?: string;
            /**
             * @description Metadata of the batch: any JSON, at most 64 KiB.
             * @example {
             *       "requested_by": "nightly"
             *     }
             */
            metadata?: Record<string, unknown> | unknown[] | string | number | boolean | null;
            /** @description Webhooks to call when the last task of the batch has ended. */
            on_batch_complete?: components["schemas"]["Action"][];
        };
        NewRules: {
            /**
             * @description Kind of the tasks to change; at most 100 characters.
             * @example deploy
             */
            kind: string;
            /** @description Rules that replace the current ones, at most 32; an empty array removes all rules. */
            rules: components["schemas"]["Rule"][];
        };
        NewSchedule: {
            /**
             * @description When it is due: five fields (minute, hour, day of the month, month, day of the week), six with seconds in front, or
             *     `@yearly`, `@monthly`, `@weekly`, `@daily` or `@hourly`. At most 255 characters.
             * @example 30 2 * * MON-FRI
             */
            cron: string;
            /**
             * @description Time zone of `cron`, by its IANA name.
             * @default UTC
             * @example Europe/Berlin
             */
            timezone?: string;
            /**
             * @description The batch that each due time creates, as `POST /task` takes it. Its metadata must be an object or absent, and gains
             *     `schedule` and `due_at`.
             */
            batch: components["schemas"]["NewTask"][] | components["schemas"]["NewBatch"];
            /**
             * @description What a due time does while the previous batch is unfinished: `allow` creates the batch all the same, `skip` creates
             *     none, `stop_previous` stops the previous batch first.
             * @default allow
             * @enum {string}
             */
            overlap?: "allow" | "skip" | "stop_previous";
            /**
             * @description Which missed due times are fired: `none`, `one` (the last) or `all` (at most the last 100). One is missed if it is more
             *     than 5 seconds late, `jitter_secs` aside.
             * @default one
             * @enum {string}
             */
            catch_up?: "none" | "one" | "all";
            /**
             * Format: date-time
             * @description The earliest possible due time.
             */
            starts_at?: string | null;
            /**
             * Format: date-time
             * @description The latest possible due time; must be after `starts_at`.
             */
            ends_at?: string | null;
            /**
             * @description Each firing is delayed by a random time of up to this many seconds.
             * @default 0
             */
            jitter_secs?: number;
            /**
             * @description Whether the schedule is paused: nothing is due then.
             * @default false
             */
            paused?: boolean;
        };
        NewTask: {
            /**
             * @description Local id, unique in the request, for references from other tasks of the request.
             * @example build
             */
            id: string;
            /**
             * @description Name shown to people; at most 255 characters, not blank.
             * @example Build the app
             */
            name: string;
            /**
             * @description Kind of work, used by rules and filters; at most 100 characters, not blank.
             * @example build
             */
            kind: string;
            /**
             * @description Seconds that a running task may be silent before it fails.
             * @default 60
             */
            timeout?: number;
            /** @description When to try again after a failure; without it, the first failure ends the task. */
            retry?: components["schemas"]["RetryPolicy"];
            /**
             * Format: date-time
             * @description Time before which the task does not start: ISO 8601 with a zone. Not together with `delay_secs`.
             * @example 2026-01-06T03:00:00+01:00
             */
            run_at?: string;
            /**
             * @description Seconds to wait after creation, or after the last parent has ended. Not together with `run_at`.
             * @example 300
             */
            delay_secs?: number;
            /**
             * @description Metadata of the task: any JSON, at most 64 KiB.
             * @example {
             *       "project": "shop",
             *       "branch": "main"
             *     }
             */
            metadata?: Record<string, unknown> | unknown[] | string | number | boolean | null;
            /** @description Webhook to call when the task may start. A 2xx answer means that the receiver accepts the task. */
            on_start: components["schemas"]["Action"];
            /** @description Webhooks to call when the task succeeds. */
            on_success?: components["schemas"]["Action"][];
            /** @description Webhooks to call when the task fails, for any reason, or is canceled as a dead end. */
            on_failure?: components["schemas"]["Action"][];
            /** @description Tasks that must end before this one starts; at most `MAX_DEPS_PER_TASK`. */
            dependencies?: components["schemas"]["Dependency"][];
            /**
             * @description Number of items to process; required with a Capacity rule.
             * @example 10
             */
            expected_count?: number;
            /**
             * @description Tasks with a higher priority start first.
             * @default 0
             */
            priority?: number;
            /**
             * @description `true`: if this task is canceled as a dead end, its own parents are not canceled.
             * @default false
             */
            dead_end_barrier?: boolean;
            /** @description Rules that must all admit the task before it starts; at most 32. */
            rules?: components["schemas"]["Rule"][];
            /** @description Skips creation if any entry matches an existing task; dependents are linked to that task. At most 32 entries. */
            dedupe_strategy?: components["schemas"]["Matcher"][];
        };
        ProblemDetails: {
            /**
             * @description Always `about:blank`: the status says which kind of problem it is.
             * @example about:blank
             */
            type: string;
            /**
             * @description Name of the HTTP status.
             * @example Bad Request
             */
            title: string;
            /**
             * @description HTTP status of the answer.
             * @example 400
             */
            status: number;
            /**
             * @description Explanation of this problem for people: `error` and the first of the `details`.
             * @example The request is not valid: tasks[3].timeout: must be between 1 and 86400
             */
            detail: string;
            /**
             * @description Short sentence that names the problem.
             * @example The request is not valid
             */
            error: string;
            /**
             * @description One sentence per fault, naming the field; at most 100, then the number of the others.
             * @example [
             *       "tasks[3].timeout: must be between 1 and 86400"
             *     ]
             */
            details: string[];
            /** @description Status of the task, if it exists but does not accept the request. Only with 404 and 409. */
            current_status?: string;
            /** @description Number of the current attempt at the task. Only with 409. */
            current_attempt?: number;
            /**
             * Format: uuid
             * @description Id that the batch would have had. Only with 400 for `POST /task`.
             */
            batch_id?: string;
            /**
             * Format: uuid
             * @description Id of the previous batch, whose tasks have not all ended. Only with 409 for `POST /schedule/{name}/run`.
             */
            unfinished_batch_id?: string;
        };
        Readiness: {
            /**
             * @description Whether the process is ready for requests.
             * @example ready
             * @enum {string}
             */
            status: "ready" | "not_ready";
            /**
             * @description With `not_ready`: why, all reasons separated by semicolons.
             * @example The database connection pool is exhausted
             */
            reason?: string;
        };
        Reason: {
            /**
             * @description Type of the reason. `time`: it does not start before its `run_at`. `order`: other tasks start first. `no_worker`: no worker is online. `notification`: a notification of the ended task is still queued.
             * @enum {string}
             */
            type: "ended" | "running" | "starting" | "paused" | "parents" | "time" | "rule" | "order" | "no_worker" | "notification";
            /**
             * @description The reason in a sentence.
             * @example Waits for 1 unfinished parent
             */
            text: string;
            /** @description Unfinished parents, or the tasks that use up the limit of a rule; the oldest 100. */
            tasks: components["schemas"]["NamedTask"][];
        };
        Replay: {
            /** @description Ids of deliveries, 1 to 1,000. Those that are not exhausted, or do not match the filters, are left out. */
            ids: string[];
        };
        Replayed: {
            /**
             * @description Number of notifications queued again, at most 1,000; 0 if there are none left.
             * @example 12
             */
            replayed: number;
        };
        Report: {
            /**
             * @description Items done since the last report; added to `success`, which stops at 2147483647.
             * @example 5
             */
            new_success?: number;
            /**
             * @description Items failed since the last report; added to `failures`, which stops at 2147483647.
             * @example 0
             */
            new_failures?: number;
            /**
             * @description Result of the task; omit it to report progress only.
             * @example Success
             * @enum {string}
             */
            status?: "Success" | "Failure";
            /** @description Reason of the failure, at most 65,536 characters; required with `Failure`, not allowed otherwise. */
            failure_reason?: string;
            /**
             * @description Result of the work, with a `status`: any JSON, at most 64 KiB. The result of a retried attempt is not kept.
             * @example {
             *       "url": "https://example.com/app-1.4.tar"
             *     }
             */
            result?: Record<string, unknown> | unknown[] | string | number | boolean | null;
            /**
             * @description `false` with `Failure`: the task ends, although its retry policy has attempts left.
             * @default true
             */
            retry?: boolean;
            /**
             * @description With `Failure`: the pause before the next attempt in seconds, instead of the one of the retry policy.
             * @example 30
             */
            retry_after_secs?: number;
            /**
             * @description Number of items to process; replaces the current value.
             * @example 10
             */
            expected_count?: number;
            /**
             * @description Priority; replaces the current value. Tasks with a higher priority start first.
             * @example 0
             */
            priority?: number;
            /** @description Metadata of the task; replaces the current value. Any JSON, at most 64 KiB. */
            metadata?: Record<string, unknown> | unknown[] | string | number | boolean | null;
        };
        Rerun: {
            /**
             * Format: uuid
             * @description Id of the batch.
             */
            batch_id: string;
            /** @description Tasks that run again, in order of creation. */
            tasks: components["schemas"]["RerunTaskAttempt"][];
        };
        RerunBatch: {
            /** @description Only these tasks and their descendants that did not succeed; 1 to 10,000 ids of tasks of the batch. */
            task_ids?: string[];
            /**
             * @description `true`: also reruns named tasks that succeeded, and all descendants. Without `task_ids`: all of failed and canceled tasks.
             * @default false
             */
            downstream?: boolean;
        };
        RerunTask: {
            /**
             * @description `true`: also reruns a task that succeeded, and all of its descendants.
             * @default false
             */
            downstream?: boolean;
        };
        RerunTaskAttempt: {
            /**
             * Format: uuid
             * @description Id of the task.
             */
            id: string;
            /**
             * @description Number of the attempt that follows.
             * @example 2
             */
            attempt: number;
        };
        RetryPolicy: {
            /**
             * @description Number of attempts, the first included; 1 means no retry.
             * @example 5
             */
            max_attempts: number;
            /**
             * @description Seconds before the second attempt.
             * @default 10
             */
            delay_secs?: number;
            /**
             * @description Factor by which the pause grows after each attempt.
             * @default 2
             */
            factor?: number;
            /**
             * @description The longest pause in seconds.
             * @default 3600
             */
            max_delay_secs?: number;
            /**
             * @description The share of the pause that is random, so that tasks which failed together do not return together.
             * @default 0.2
             */
            jitter?: number;
            /**
             * @description Failures that are retried: a refused start call, a timeout, a reported failure.
             * @default [
             *       "start",
             *       "timeout",
             *       "failure"
             *     ]
             */
            on?: ("start" | "timeout" | "failure")[];
        };
        Rule: {
            /**
             * @description Type of the rule. `Concurency` is an older spelling of `Concurrency`.
             * @example Concurrency
             * @enum {string}
             */
            type: "Concurrency" | "Concurency" | "Capacity";
            /**
             * @description For `Concurrency`: start only while fewer than this many tasks match.
             * @example 3
             */
            max_concurrency?: number;
            /** @description Older spelling of `max_concurrency`. */
            max_concurency?: number;
            /** @description For `Capacity`: start only while the matching tasks have fewer than this many items left. */
            max_capacity?: number;
            /** @description Tasks that count towards the limit. */
            matcher: components["schemas"]["Matcher"];
        };
        Schedule: {
            /**
             * @description Name of the schedule.
             * @example nightly-report
             */
            name: string;
            /**
             * @description When it is due, as its creator wrote it.
             * @example 30 2 * * MON-FRI
             */
            cron: string;
            /**
             * @description Time zone of `cron`.
             * @example Europe/Berlin
             */
            timezone: string;
            /**
             * @description What a due time does while the previous batch is unfinished.
             * @example skip
             * @enum {string}
             */
            overlap: "allow" | "skip" | "stop_previous";
            /**
             * @description Which missed due times are fired.
             * @example one
             * @enum {string}
             */
            catch_up: "none" | "one" | "all";
            /**
             * Format: date-time
             * @description The earliest possible due time; null without a limit.
             * @example null
             */
            starts_at: string | null;
            /**
             * Format: date-time
             * @description The latest possible due time; null without a limit.
             * @example null
             */
            ends_at: string | null;
            /**
             * @description Seconds by which a firing is delayed at most.
             * @example 0
             */
            jitter_secs: number;
            /**
             * @description Whether the schedule is paused.
             * @example false
             */
            paused: boolean;
            /**
             * Format: date-time
             * @description When the schedule was created.
             * @example 2026-01-02T09:00:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When the schedule was last replaced, paused or resumed.
             * @example 2026-01-02T09:00:00.000Z
             */
            updated_at: string;
            /**
             * Format: date-time
             * @description The next due time, without jitter; null if there is none, or while the schedule is paused.
             * @example 2026-01-06T01:30:00.000Z
             */
            next_due_at: string | null;
            /** @description The last firing; null before the first. */
            last_firing: components["schemas"]["Firing"] | null;
            /**
             * @description The batch that each due time creates, as its creator sent it. With `AUTH_TOKEN` set, the values of headers and of
             *     queries are replaced by `***`, which `PUT` refuses.
             */
            batch: components["schemas"]["NewTask"][] | components["schemas"]["NewBatch"];
            /**
             * @description The next five due times, without jitter; none while the schedule is paused.
             * @example [
             *       "2026-01-06T01:30:00.000Z",
             *       "2026-01-07T01:30:00.000Z"
             *     ]
             */
            next: string[];
            /** @description The last ten firings, the latest first. */
            last: components["schemas"]["Firing"][];
        };
        ScheduleSummary: {
            /**
             * @description Name of the schedule.
             * @example nightly-report
             */
            name: string;
            /**
             * @description When it is due, as its creator wrote it.
             * @example 30 2 * * MON-FRI
             */
            cron: string;
            /**
             * @description Time zone of `cron`.
             * @example Europe/Berlin
             */
            timezone: string;
            /**
             * @description What a due time does while the previous batch is unfinished.
             * @example skip
             * @enum {string}
             */
            overlap: "allow" | "skip" | "stop_previous";
            /**
             * @description Which missed due times are fired.
             * @example one
             * @enum {string}
             */
            catch_up: "none" | "one" | "all";
            /**
             * Format: date-time
             * @description The earliest possible due time; null without a limit.
             * @example null
             */
            starts_at: string | null;
            /**
             * Format: date-time
             * @description The latest possible due time; null without a limit.
             * @example null
             */
            ends_at: string | null;
            /**
             * @description Seconds by which a firing is delayed at most.
             * @example 0
             */
            jitter_secs: number;
            /**
             * @description Whether the schedule is paused.
             * @example false
             */
            paused: boolean;
            /**
             * Format: date-time
             * @description When the schedule was created.
             * @example 2026-01-02T09:00:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When the schedule was last replaced, paused or resumed.
             * @example 2026-01-02T09:00:00.000Z
             */
            updated_at: string;
            /**
             * Format: date-time
             * @description The next due time, without jitter; null if there is none, or while the schedule is paused.
             * @example 2026-01-06T01:30:00.000Z
             */
            next_due_at: string | null;
            /** @description The last firing; null before the first. */
            last_firing: components["schemas"]["Firing"] | null;
        };
        Session: {
            /**
             * @description Name of the token; null while the service has no `AUTH_TOKEN`.
             * @example anna
             */
            name: string | null;
            /**
             * @description `read`: only `GET` and `HEAD` are allowed.
             * @example full
             * @enum {string}
             */
            access: "full" | "read";
        };
        SignIn: {
            /**
             * @description A token of `AUTH_TOKEN` or `AUTH_TOKEN_READ`.
             * @example kX2v0cZ1hJm8Qe5yT7uB3w
             */
            token: string;
        };
        StartTime: {
            /**
             * Format: date-time
             * @description ISO 8601 with a zone; null: now.
             * @example 2026-01-06T03:00:00+01:00
             */
            run_at: string | null;
        };
        StoppedBatch: {
            /**
             * Format: uuid
             * @description Id of the batch.
             */
            batch_id: string;
            /**
             * @description Tasks canceled while `Waiting`.
             * @example 3
             */
            canceled_waiting: number;
            /**
             * @description Tasks canceled while `Pending`.
             * @example 1
             */
            canceled_pending: number;
            /**
             * @description Tasks canceled while `Claimed`.
             * @example 0
             */
            canceled_claimed: number;
            /**
             * @description Tasks canceled while `Running`.
             * @example 2
             */
            canceled_running: number;
            /**
             * @description Tasks canceled while `Paused`.
             * @example 0
             */
            canceled_paused: number;
            /**
             * @description Tasks that had already ended; they keep their result.
             * @example 4
             */
            already_terminal: number;
        };
        Task: {
            /**
             * Format: uuid
             * @description Id of the task.
             * @example 019a8c5e-7f2a-7c3e-9d55-0a4f3c2b1e10
             */
            id: string;
            /**
             * @description Name shown to people.
             * @example Build the app
             */
            name: string;
            /**
             * @description Kind of work.
             * @example build
             */
            kind: string;
            /**
             * @description Current status.
             * @example Running
             * @enum {string}
             */
            status: "Waiting" | "Pending" | "Claimed" | "Running" | "Paused" | "Success" | "Failure" | "Canceled";
            /**
             * Format: date-time
             * @description When the task was created.
             * @example 2026-01-05T08:00:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When the receiver accepted the task; null before that.
             * @example 2026-01-05T08:00:00.250Z
             */
            started_at: string | null;
            /**
             * Format: date-time
             * @description When the task became `Success`, `Failure` or `Canceled`; null before that.
             * @example null
             */
            ended_at: string | null;
            /**
             * @description Items reported as done so far.
             * @example 3
             */
            success: number;
            /**
             * @description Items reported as failed so far.
             * @example 0
             */
            failures: number;
            /**
             * @description Number of items to process; null if unknown.
             * @example 10
             */
            expected_count: number | null;
            /**
             * Format: uuid
             * @description Id of the batch.
             * @example 019a8c5e-7f2a-7c3e-9d55-0a4f3c2b1e00
             */
            batch_id: string;
            /**
             * @description `true`: if this task is canceled as a dead end, its own parents are not canceled.
             * @example false
             */
            dead_end_barrier: boolean;
            /**
             * @description Priority, -1000 to 1000; tasks with a higher one start first.
             * @example 0
             */
            priority: number;
            /**
             * @description Number of the current attempt, from 1.
             * @example 1
             */
            attempt: number;
            /**
             * Format: date-time
             * @description Time before which the task, or its next attempt, does not start; null if there is none.
             * @example null
             */
            run_at: string | null;
            /**
             * @description Id of the task in the request that created it; null if the task is older than this field.
             * @example build
             */
            local_id: string | null;
        };
        TaskAction: {
            /**
             * @description Kind of the action; `Webhook` is the only one.
             * @enum {string}
             */
            kind: "Webhook";
            /**
             * @description When the action is called: to start the task, after it has ended, or after it was canceled.
             * @enum {string}
             */
            trigger: "Start" | "End" | "Cancel";
            /** @description Absent if each call is a request of its own. */
            group?: components["schemas"]["CallGroup"];
            /** @description `true` if the body gets the member `hookline`; absent otherwise. */
            context?: boolean;
            /** @description The HTTP request. With `AUTH_TOKEN` set, the values of headers and of the query are replaced by `***`. */
            params: components["schemas"]["WebhookParams"];
        };
        TaskDetail: {
            /**
             * Format: uuid
             * @description Id of the task.
             * @example 019a8c5e-7f2a-7c3e-9d55-0a4f3c2b1e10
             */
            id: string;
            /**
             * @description Name shown to people.
             * @example Build the app
             */
            name: string;
            /**
             * @description Kind of work.
             * @example build
             */
            kind: string;
            /**
             * @description Current status.
             * @example Running
             * @enum {string}
             */
            status: "Waiting" | "Pending" | "Claimed" | "Running" | "Paused" | "Success" | "Failure" | "Canceled";
            /**
             * Format: date-time
             * @description When the task was created.
             * @example 2026-01-05T08:00:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When the receiver accepted the task; null before that.
             * @example 2026-01-05T08:00:00.250Z
             */
            started_at: string | null;
            /**
             * Format: date-time
             * @description When the task became `Success`, `Failure` or `Canceled`; null before that.
             * @example null
             */
            ended_at: string | null;
            /**
             * @description Items reported as done so far.
             * @example 3
             */
            success: number;
            /**
             * @description Items reported as failed so far.
             * @example 0
             */
            failures: number;
            /**
             * @description Number of items to process; null if unknown.
             * @example 10
             */
            expected_count: number | null;
            /**
             * Format: uuid
             * @description Id of the batch.
             * @example 019a8c5e-7f2a-7c3e-9d55-0a4f3c2b1e00
             */
            batch_id: string;
            /**
             * @description `true`: if this task is canceled as a dead end, its own parents are not canceled.
             * @example false
             */
            dead_end_barrier: boolean;
            /**
             * @description Priority, -1000 to 1000; tasks with a higher one start first.
             * @example 0
             */
            priority: number;
            /**
             * @description Number of the current attempt, from 1.
             * @example 1
             */
            attempt: number;
            /**
             * Format: date-time
             * @description Time before which the task, or its next attempt, does not start; null if there is none.
             * @example null
             */
            run_at: string | null;
            /**
             * @description Id of the task in the request that created it; null if the task is older than this field.
             * @example build
             */
            local_id: string | null;
            /**
             * @description Seconds that a running task may be silent before it fails.
             * @example 60
             */
            timeout: number;
            /**
             * @description Rules in the spelling of the client; empty if there are none.
             * @example []
             */
            rules: components["schemas"]["Rule"][];
            /**
             * @description Metadata of the task, any JSON; null if there is none.
             * @example {
             *       "project": "shop"
             *     }
             */
            metadata: Record<string, unknown> | unknown[] | string | number | boolean | null;
            /**
             * @description Retry policy with its defaults; null if failures are not retried.
             * @example null
             */
            retry: components["schemas"]["RetryPolicy"] | null;
            /**
             * Format: date-time
             * @description Time of the last change or sign of life; `timeout` is measured from here.
             * @example 2026-01-05T08:00:01.000Z
             */
            last_updated: string;
            /**
             * @description Why the task failed or was canceled; null otherwise.
             * @example null
             */
            failure_reason: string | null;
            /**
             * @description Result that the receiver reported with the status, any JSON; null if there is none.
             * @example {
             *       "url": "https://example.com/app-1.4.tar"
             *     }
             */
            result: Record<string, unknown> | unknown[] | string | number | boolean | null;
            /** @description Webhooks of the task: the start call, notifications, and the cancel actions registered by its receiver. */
            actions: components["schemas"]["TaskAction"][];
        };
        UpdatedRules: {
            /**
             * Format: uuid
             * @description Id of the batch.
             */
            batch_id: string;
            /**
             * @description Kind of the changed tasks.
             * @example deploy
             */
            kind: string;
            /**
             * @description Number of tasks that have the new rules.
             * @example 12
             */
            updated_count: number;
        };
        WebhookParams: {
            /**
             * @description Absolute http or https URL, at most 8,192 characters. The callback URL is added as the query parameter `handle`, and
             *     replaces an existing one. Private and internal hosts are refused unless the configuration allows them.
             * @example https://worker.example.com/start
             */
            url: string;
            /**
             * @description HTTP method.
             * @example Post
             * @enum {string}
             */
            verb: "Get" | "Post" | "Put" | "Patch" | "Delete";
            /**
             * @description Request body: any JSON, sent unchanged, by default as `application/json`. A string is sent as plain text if
             *     `Content-Type` in `headers` is not JSON.
             * @example {
             *       "branch": "main"
             *     }
             */
            body?: Record<string, unknown> | unknown[] | string | number | boolean | null;
            /**
             * @description Additional request headers by name. Headers set by the service cannot be overridden.
             * @example {
             *       "X-Team": "shop"
             *     }
             */
            headers?: {
                [key: string]: string;
            };
        };
        Why: {
            /**
             * Format: uuid
             * @description Id of the task.
             */
            id: string;
            /**
             * @description Current status of the task.
             * @enum {string}
             */
            status: "Waiting" | "Pending" | "Claimed" | "Running" | "Paused" | "Success" | "Failure" | "Canceled";
            /**
             * @description All reasons as text, one sentence each.
             * @example Waits for 1 unfinished parent.
             */
            summary: string;
            /** @description The reasons, each with the tasks involved. */
            reasons: components["schemas"]["Reason"][];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: {
        /** @description Parameters and members of the request that the service does not know and has ignored: at most 20 paths, percent-encoded, then `...`. */
        "X-Hookline-Ignored": string;
        /** @description Present if the request prefers strict handling. */
        "Preference-Applied": "handling=strict";
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    listAuditEntries: {
        parameters: {
            query?: {
                /** @description Number of the page, from 0; a page after the end is empty. */
                page?: number;
                /** @description Items per page: at most `PAGINATION_MAX`, by default `PAGINATION_DEFAULT`. */
                page_size?: number;
                /** @description Name of the token; must match exactly. */
                actor?: string;
                /** @description What was done. */
                action?: "cancel_task" | "pause_task" | "resume_task" | "reschedule_task" | "rerun_tasks" | "stop_batch" | "update_rules" | "replay_deliveries" | "save_schedule" | "delete_schedule" | "run_schedule" | "pause_schedule" | "resume_schedule";
                /** @description Id of the batch. */
                batch_id?: string;
                /** @description Id of the task. */
                task_id?: string;
                /** @description Name of the schedule; must match exactly. */
                schedule?: string;
            };
            header?: {
                /** @description `handling=strict` (RFC 7240): a request with parameters or members that would be ignored gets a 400. */
                Prefer?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of entries */
            200: {
                headers: {
                    /**
                     * @description RFC 8288: the URLs of the `next`, `prev` and `first` page, with all other parameters of the request. There is no `next` after a page with fewer than `page_size` items, and no header if it would have over 6,000 characters.
                     * @example <http://localhost:8085/task?status=Failure&page=1>; rel="next"
                     */
                    Link?: string;
                    "X-Hookline-Ignored": components["headers"]["X-Hookline-Ignored"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditEntry"][];
                };
            };
        };
    };
    getBatch: {
        parameters: {
            query?: never;
            header?: {
                /** @description `handling=strict` (RFC 7240): a request with parameters or members that would be ignored gets a 400. */
                Prefer?: string;
            };
            path: {
                /** @description Id of the batch */
                batch_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Statistics of the batch */
            200: {
                headers: {
                    "X-Hookline-Ignored": components["headers"]["X-Hookline-Ignored"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BatchStats"];
                };
            };
        };
    };
    stopBatch: {
        parameters: {
            query?: never;
            header?: {
                /** @description `handling=strict` (RFC 7240): a request with parameters or members that would be ignored gets a 400. */
                Prefer?: string;
            };
            path: {
                /** @description Id of the batch */
                batch_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The batch is stopped. */
            200: {
                headers: {
                    "X-Hookline-Ignored": components["headers"]["X-Hookline-Ignored"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StoppedBatch"];
                };
            };
        };
    };
    streamTasks: {
        parameters: {
            query?: {
                /** @description Members of the full form to add to each task, separated by commas or given several times. */
                fields?: ("timeout" | "last_updated" | "failure_reason")[];
            };
            header?: {
                /** @description The `id` of the last event received. The stream begins with the changes since then. */
                "Last-Event-ID"?: string;
                /** @description `handling=strict` (RFC 7240): a request with parameters or members that would be ignored gets a 400. */
                Prefer?: string;
            };
            path: {
                /** @description Id of the batch */
                batch_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Server-sent events. The stream stays open until one side closes it. */
            200: {
                headers: {
                    "X-Hookline-Ignored": components["headers"]["X-Hookline-Ignored"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
        };
    };
    rerunBatch: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes it safe to repeat the request: the same key with the same body gets the first answer again, and creates nothing. Keys are kept for `IDEMPOTENCY_KEY_TTL_HOURS`, 24 hours by default. Use a new key for each request, such as a UUID: 1 to 255 visible ASCII characters, bare or quoted. */
                "Idempotency-Key"?: string;
                /** @description `handling=strict` (RFC 7240): a request with parameters or members that would be ignored gets a 400. */
                Prefer?: string;
            };
            path: {
                /** @description Id of the batch */
                batch_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["RerunBatch"];
            };
        };
        responses: {
            /** @description The tasks that run again */
            200: {
                headers: {
                    /** @description UUID of the created batch */
                    "X-Batch-ID"?: string;
                    /** @description Present if the request repeats an earlier one with the same `Idempotency-Key`: this is the first answer. */
                    "Idempotency-Replayed"?: "true";
                    "X-Hookline-Ignored": components["headers"]["X-Hookline-Ignored"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rerun"];
                };
            };
        };
    };
    updateRules: {
        parameters: {
            query?: never;
            header?: {
                /** @description `handling=strict` (RFC 7240): a request with parameters or members that would be ignored gets a 400. */
                Prefer?: string;
            };
            path: {
                /** @description Id of the batch */
                batch_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewRules"];
            };
        };
        responses: {
            /** @description The rules are replaced. */
            200: {
                headers: {
                    "X-Hookline-Ignored": components["headers"]["X-Hookline-Ignored"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UpdatedRules"];
                };
            };
        };
    };
    addTasks: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes it safe to repeat the request: the same key with the same body gets the first answer again, and creates nothing. Keys are kept for `IDEMPOTENCY_KEY_TTL_HOURS`, 24 hours by default. Use a new key for each request, such as a UUID: 1 to 255 visible ASCII characters, bare or quoted. */
                "Idempotency-Key"?: string;
                /** @description `handling=strict` (RFC 7240): a request with parameters or members that would be ignored gets a 400. */
                Prefer?: string;
            };
            path: {
                /** @description Id of the batch */
                batch_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AddedTask"][] | components["schemas"]["AddedTasks"];
            };
        };
        responses: {
            /** @description The new tasks, in the order of the request, without duplicates */
            201: {
                headers: {
                    /** @description UUID of the created batch */
                    "X-Batch-ID"?: string;
                    /** @description Present if the request repeats an earlier one with the same `Idempotency-Key`: this is the first answer. */
                    "Idempotency-Replayed"?: "true";
                    "X-Hookline-Ignored": components["headers"]["X-Hookline-Ignored"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Task"][];
                };
            };
            /** @description Nothing was added: the request is empty, or all tasks are duplicates. */
            204: {
                headers: {
                    /** @description UUID of the created batch */
                    "X-Batch-ID"?: string;
                    /** @description Present if the request repeats an earlier one with the same `Idempotency-Key`: this is the first answer. */
                    "Idempotency-Replayed"?: "true";
                    "X-Hookline-Ignored": components["headers"]["X-Hookline-Ignored"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    listBatches: {
        parameters: {
            query?: {
                /** @description Number of the page, from 0; a page after the end is empty. */
                page?: number;
                /** @description Items per page: at most `PAGINATION_MAX`, by default `PAGINATION_DEFAULT`. */
                page_size?: number;
                /** @description Only batches with a task whose kind contains this text. */
                kind?: string;
                /** @description Only batches with a task whose name contains this text. */
                name?: string;
                /** @description Only batches with a task in this status; case-insensitive. Several: separated by commas, or given several times. */
                status?: ("Waiting" | "Pending" | "Claimed" | "Running" | "Paused" | "Success" | "Failure" | "Canceled")[];
                /** @description Only batches created at this time or later. */
                created_after?: string;
                /** @description Only batches created at this time or earlier. */
                created_before?: string;
                /** @description Scope of the batch; must match exactly. */
                scope?: string;
                /** @description JSON that the metadata of the batch must contain. */
                metadata?: string;
                /** @description Only batches with this text in scope or metadata, or in the name or kind of a task; at most 255 characters. */
                search?: string;
                /** @description Order of the batches: `-created_at` (newest first, the default) or `created_at`. */
                sort?: "-created_at" | "created_at";
                /** @description Members to add to each batch, separated by commas or given several times. */
                fields?: ("stopped_at" | "exhausted_deliveries")[];
            };
            header?: {
                /** @description `handling=strict` (RFC 7240): a request with parameters or members that would be ignored gets a 400. */
                Prefer?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of batches */
            200: {
                headers: {
                    /**
                     * @description RFC 8288: the URLs of the `next`, `prev` and `first` page, with all other parameters of the request. There is no `next` after a page with fewer than `page_size` items, and no header if it would have over 6,000 characters.
                     * @example <http://localhost:8085/task?status=Failure&page=1>; rel="next"
                     */
                    Link?: string;
                    "X-Hookline-Ignored": components["headers"]["X-Hookline-Ignored"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BatchSummary"][];
                };
            };
        };
    };
    getGraph: {
        parameters: {
            query?: {
                /** @description Members of the full form to add to each task, separated by commas or given several times. */
                fields?: ("timeout" | "last_updated" | "failure_reason")[];
            };
            header?: {
                /** @description `handling=strict` (RFC 7240): a request with parameters or members that would be ignored gets a 400. */
                Prefer?: string;
            };
            path: {
                /** @description Id of the batch */
                batch_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The graph of the batch */
            200: {
                headers: {
                    "X-Hookline-Ignored": components["headers"]["X-Hookline-Ignored"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Dag"];
                };
            };
        };
    };
    streamBatches: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `id` of the last event received. The stream begins with the changes since then. */
                "Last-Event-ID"?: string;
                /** @description `handling=strict` (RFC 7240): a request with parameters or members that would be ignored gets a 400. */
                Prefer?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Server-sent events. The stream stays open until one side closes it. */
            200: {
                headers: {
                    "X-Hookline-Ignored": components["headers"]["X-Hookline-Ignored"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
        };
    };
    getHealth: {
        parameters: {
            query?: never;
            header?: {
                /** @description `handling=strict` (RFC 7240): a request with parameters or members that would be ignored gets a 400. */
                Prefer?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The database answers */
            200: {
                headers: {
                    "X-Hookline-Ignored": components["headers"]["X-Hookline-Ignored"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "ok",
                     *       "database": "healthy",
                     *       "pool_size": 10,
                     *       "pool_idle": 8,
                     *       "pool_waiting": 0,
                     *       "breaker": "closed"
                     *     }
                     */
                    "application/json": components["schemas"]["Health"];
                };
            };
        };
    };
    getLiveness: {
        parameters: {
            query?: never;
            header?: {
                /** @description `handling=strict` (RFC 7240): a request with parameters or members that would be ignored gets a 400. */
                Prefer?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The process is alive */
            200: {
                headers: {
                    "X-Hookline-Ignored": components["headers"]["X-Hookline-Ignored"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Liveness"];
                };
            };
        };
    };
    getMetrics: {
        parameters: {
            query?: never;
            header?: {
                /** @description `handling=strict` (RFC 7240): a request with parameters or members that would be ignored gets a 400. */
                Prefer?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Metrics in the text format of Prometheus, version 0.0.4 */
            200: {
                headers: {
                    "X-Hookline-Ignored": components["headers"]["X-Hookline-Ignored"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example # HELP hookline_tasks_created_total Tasks created, by kind.
                     *     # TYPE hookline_tasks_created_total counter
                     *     hookline_tasks_created_total{kind="build"} 12
                     */
                    "text/plain": string;
                };
            };
        };
    };
    getReadiness: {
        parameters: {
            query?: never;
            header?: {
                /** @description `handling=strict` (RFC 7240): a request with parameters or members that would be ignored gets a 400. */
                Prefer?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The process is ready */
            200: {
                headers: {
                    "X-Hookline-Ignored": components["headers"]["X-Hookline-Ignored"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "ready"
                     *     }
                     */
                    "application/json": components["schemas"]["Readiness"];
                };
            };
        };
    };
    listSchedules: {
        parameters: {
            query?: {
                /** @description Number of the page, from 0; a page after the end is empty. */
                page?: number;
                /** @description Items per page: at most `PAGINATION_MAX`, by default `PAGINATION_DEFAULT`. */
                page_size?: number;
                /**
                 * @description Order of the schedules: `name` (the default) or `next_due_at` (next due first; paused schedules and those never due again
                 *     come last).
                 */
                sort?: "name" | "next_due_at";
            };
            header?: {
                /** @description `handling=strict` (RFC 7240): a request with parameters or members that would be ignored gets a 400. */
                Prefer?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of schedules */
            200: {
                headers: {
                    /**
                     * @description RFC 8288: the URLs of the `next`, `prev` and `first` page, with all other parameters of the request. There is no `next` after a page with fewer than `page_size` items, and no header if it would have over 6,000 characters.
                     * @example <http://localhost:8085/task?status=Failure&page=1>; rel="next"
                     */
                    Link?: string;
                    "X-Hookline-Ignored": components["headers"]["X-Hookline-Ignored"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ScheduleSummary"][];
                };
            };
        };
    };
    getSchedule: {
        parameters: {
            query?: never;
            header?: {
                /** @description `handling=strict` (RFC 7240): a request with parameters or members that would be ignored gets a 400. */
                Prefer?: string;
            };
            path: {
                /** @description Name of the schedule: 1 to 100 of the characters `A-Z a-z 0-9 . _ -` */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The schedule */
            200: {
                headers: {
                    "X-Hookline-Ignored": components["headers"]["X-Hookline-Ignored"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Schedule"];
                };
            };
        };
    };
    saveSchedule: {
        parameters: {
            query?: never;
            header?: {
                /** @description `handling=strict` (RFC 7240): a request with parameters or members that would be ignored gets a 400. */
                Prefer?: string;
            };
            path: {
                /** @description Name of the schedule: 1 to 100 of the characters `A-Z a-z 0-9 . _ -` */
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewSchedule"];
            };
        };
        responses: {
            /** @description The schedule is replaced. */
            200: {
                headers: {
                    "X-Hookline-Ignored": components["headers"]["X-Hookline-Ignored"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Schedule"];
                };
            };
            /** @description The schedule is created. */
            201: {
                headers: {
                    "X-Hookline-Ignored": components["headers"]["X-Hookline-Ignored"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Schedule"];
                };
            };
        };
    };
    deleteSchedule: {
        parameters: {
            query?: never;
            header?: {
                /** @description `handling=strict` (RFC 7240): a request with parameters or members that would be ignored gets a 400. */
                Prefer?: string;
            };
            path: {
                /** @description Name of the schedule: 1 to 100 of the characters `A-Z a-z 0-9 . _ -` */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The schedule is removed. */
            200: {
                headers: {
                    "X-Hookline-Ignored": components["headers"]["X-Hookline-Ignored"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    pauseSchedule: {
        parameters: {
            query?: never;
            header?: {
                /** @description `handling=strict` (RFC 7240): a request with parameters or members that would be ignored gets a 400. */
                Prefer?: string;
            };
            path: {
                /** @description Name of the schedule: 1 to 100 of the characters `A-Z a-z 0-9 . _ -` */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The paused schedule */
            200: {
                headers: {
                    "X-Hookline-Ignored": components["headers"]["X-Hookline-Ignored"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Schedule"];
                };
            };
        };
    };
    resumeSchedule: {
        parameters: {
            query?: never;
            header?: {
                /** @description `handling=strict` (RFC 7240): a request with parameters or members that would be ignored gets a 400. */
                Prefer?: string;
            };
            path: {
                /** @description Name of the schedule: 1 to 100 of the characters `A-Z a-z 0-9 . _ -` */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The resumed schedule */
            200: {
                headers: {
                    "X-Hookline-Ignored": components["headers"]["X-Hookline-Ignored"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Schedule"];
                };
            };
        };
    };
    runSchedule: {
        parameters: {
            query?: never;
            header?: {
                /** @description `handling=strict` (RFC 7240): a request with parameters or members that would be ignored gets a 400. */
                Prefer?: string;
            };
            path: {
                /** @description Name of the schedule: 1 to 100 of the characters `A-Z a-z 0-9 . _ -` */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The firing */
            201: {
                headers: {
                    "X-Hookline-Ignored": components["headers"]["X-Hookline-Ignored"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Firing"];
                };
            };
        };
    };
    getSession: {
        parameters: {
            query?: never;
            header?: {
                /** @description `handling=strict` (RFC 7240): a request with parameters or members that would be ignored gets a 400. */
                Prefer?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The client */
            200: {
                headers: {
                    "X-Hookline-Ignored": components["headers"]["X-Hookline-Ignored"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
        };
    };
    signIn: {
        parameters: {
            query?: never;
            header?: {
                /** @description `handling=strict` (RFC 7240): a request with parameters or members that would be ignored gets a 400. */
                Prefer?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignIn"];
            };
        };
        responses: {
            /** @description Signed in */
            204: {
                headers: {
                    /** @description The cookie `hookline_session`: `HttpOnly`, `SameSite=Strict`, and `Secure` if `HOST_URL` is https. */
                    "Set-Cookie"?: string;
                    "X-Hookline-Ignored": components["headers"]["X-Hookline-Ignored"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    signOut: {
        parameters: {
            query?: never;
            header?: {
                /** @description `handling=strict` (RFC 7240): a request with parameters or members that would be ignored gets a 400. */
                Prefer?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Signed out */
            204: {
                headers: {
                    /** @description The cookie `hookline_session`: `HttpOnly`, `SameSite=Strict`, and `Secure` if `HOST_URL` is https. */
                    "Set-Cookie"?: string;
                    "X-Hookline-Ignored": components["headers"]["X-Hookline-Ignored"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    listTasks: {
        parameters: {
            query?: {
                /** @description Number of the page, from 0; a page after the end is empty. */
                page?: number;
                /** @description Items per page: at most `PAGINATION_MAX`, by default `PAGINATION_DEFAULT`. */
                page_size?: number;
                /** @description Only tasks whose name contains this text. */
                name?: string;
                /** @description Only tasks whose kind contains this text. */
                kind?: string;
                /** @description Status of the task; case-insensitive. Several: separated by commas, or given several times. */
                status?: ("Waiting" | "Pending" | "Claimed" | "Running" | "Paused" | "Success" | "Failure" | "Canceled")[];
                /** @description Timeout of the task in seconds; must match exactly. */
                timeout?: number;
                /** @description Only tasks whose current attempt has a higher number: 1 lists the tasks that were retried. */
                attempt_above?: number;
                /** @description `true`: only `Pending` tasks that wait for their `run_at`. `false`: all others. */
                delayed?: "true" | "false";
                /**
                 * @description `true`: only root causes, which are tasks that failed or were canceled for a reason of their own. `false`: only
                 *     consequences, whose `failure_reason` names a parent, their children or a stop of the batch. Needs a `status` of
                 *     `Failure`, `Canceled` or both.
                 */
                root_cause?: "true" | "false";
                /** @description Id of the batch. */
                batch_id?: string;
                /** @description JSON that the metadata must contain, e.g. `{"project":"shop"}`. */
                metadata?: string;
                /** @description Only tasks created at this time or later. */
                created_after?: string;
                /** @description Only tasks created at this time or earlier. */
                created_before?: string;
                /** @description Only tasks that ended at this time or later. */
                ended_after?: string;
                /** @description Only tasks that ended at this time or earlier. */
                ended_before?: string;
                /**
                 * @description Order of the tasks: `-created_at` (newest first, the default), `created_at`, or `-ended_at` (last ended first), which
                 *     needs a `status` of `Failure`, `Canceled` or both.
                 */
                sort?: "-created_at" | "created_at" | "-ended_at";
                /** @description Members of the full form to add to each task, separated by commas or given several times. */
                fields?: ("timeout" | "last_updated" | "failure_reason")[];
            };
            header?: {
                /** @description `handling=strict` (RFC 7240): a request with parameters or members that would be ignored gets a 400. */
                Prefer?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of tasks */
            200: {
                headers: {
                    /**
                     * @description RFC 8288: the URLs of the `next`, `prev` and `first` page, with all other parameters of the request. There is no `next` after a page with fewer than `page_size` items, and no header if it would have over 6,000 characters.
                     * @example <http://localhost:8085/task?status=Failure&page=1>; rel="next"
                     */
                    Link?: string;
                    "X-Hookline-Ignored": components["headers"]["X-Hookline-Ignored"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListedTask"][];
                };
            };
        };
    };
    countProgressOfMany: {
        parameters: {
            query?: never;
            header?: {
                /** @description `handling=strict` (RFC 7240): a request with parameters or members that would be ignored gets a 400. */
                Prefer?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BulkIncrement"][];
            };
        };
        responses: {
            /** @description The result of each item. A status of 202 means what it means for a single increment. */
            200: {
                headers: {
                    "X-Hookline-Ignored": components["headers"]["X-Hookline-Ignored"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkResults"];
                };
            };
        };
    };
    createTasks: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes it safe to repeat the request: the same key with the same body gets the first answer again, and creates nothing. Keys are kept for `IDEMPOTENCY_KEY_TTL_HOURS`, 24 hours by default. Use a new key for each request, such as a UUID: 1 to 255 visible ASCII characters, bare or quoted. */
                "Idempotency-Key"?: string;
                /** @description W3C Trace Context: all calls about these tasks join this trace. An invalid value is ignored. */
                traceparent?: string;
                /** @description `handling=strict` (RFC 7240): a request with parameters or members that would be ignored gets a 400. */
                Prefer?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewTask"][] | components["schemas"]["NewBatch"];
            };
        };
        responses: {
            /** @description The created tasks, in the order of the request, without duplicates */
            201: {
                headers: {
                    /** @description UUID of the created batch */
                    "X-Batch-ID"?: string;
                    /** @description Present if the request repeats an earlier one with the same `Idempotency-Key`: this is the first answer. */
                    "Idempotency-Replayed"?: "true";
                    "X-Hookline-Ignored": components["headers"]["X-Hookline-Ignored"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Task"][];
                };
            };
            /** @description Nothing was created: the request is empty, or all tasks are duplicates. */
            204: {
                headers: {
                    /** @description UUID of the created batch */
                    "X-Batch-ID"?: string;
                    /** @description Present if the request repeats an earlier one with the same `Idempotency-Key`: this is the first answer. */
                    "Idempotency-Replayed"?: "true";
                    "X-Hookline-Ignored": components["headers"]["X-Hookline-Ignored"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    reportTasks: {
        parameters: {
            query?: never;
            header?: {
                /** @description `handling=strict` (RFC 7240): a request with parameters or members that would be ignored gets a 400. */
                Prefer?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BulkReport"][];
            };
        };
        responses: {
            /** @description The result of each item. A status of 200 means what it means for a single report. */
            200: {
                headers: {
                    "X-Hookline-Ignored": components["headers"]["X-Hookline-Ignored"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "results": [
                     *         {
                     *           "id": "01a20385-0579-772d-b781-92370a992fbd",
                     *           "status": 200
                     *         },
                     *         {
                     *           "id": "01a20385-0579-772d-b781-92370a992fbe",
                     *           "status": 409,
                     *           "error": "Attempt 2 is not the current one, which is attempt 3",
                     *           "current_attempt": 3,
                     *           "current_status": "Running"
                     *         },
                     *         {
                     *           "id": "01a20385-0579-772d-b781-92370a992fbf",
                     *           "status": 404,
                     *           "error": "Task 01a20385-0579-772d-b781-92370a992fbf not found"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["BulkResults"];
                };
            };
        };
    };
    pauseTask: {
        parameters: {
            query?: never;
            header?: {
                /** @description `handling=strict` (RFC 7240): a request with parameters or members that would be ignored gets a 400. */
                Prefer?: string;
            };
            path: {
                /** @description Id of the task */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The task is paused. */
            200: {
                headers: {
                    "X-Hookline-Ignored": components["headers"]["X-Hookline-Ignored"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    resumeTask: {
        parameters: {
            query?: never;
            header?: {
                /** @description `handling=strict` (RFC 7240): a request with parameters or members that would be ignored gets a 400. */
                Prefer?: string;
            };
            path: {
                /** @description Id of the task */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The task is resumed. */
            200: {
                headers: {
                    "X-Hookline-Ignored": components["headers"]["X-Hookline-Ignored"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    getTask: {
        parameters: {
            query?: never;
            header?: {
                /** @description `handling=strict` (RFC 7240): a request with parameters or members that would be ignored gets a 400. */
                Prefer?: string;
            };
            path: {
                /** @description Id of the task */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The task */
            200: {
                headers: {
                    "X-Hookline-Ignored": components["headers"]["X-Hookline-Ignored"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskDetail"];
                };
            };
        };
    };
    countProgress: {
        parameters: {
            query?: {
                /** @description The attempt that the request is about, as the handle names it. */
                attempt?: number;
            };
            header?: {
                /** @description `handling=strict` (RFC 7240): a request with parameters or members that would be ignored gets a 400. */
                Prefer?: string;
            };
            path: {
                /** @description Id of the task */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Increment"];
            };
        };
        responses: {
            /** @description The increment is committed. */
            202: {
                headers: {
                    "X-Hookline-Ignored": components["headers"]["X-Hookline-Ignored"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    cancelTask: {
        parameters: {
            query?: never;
            header?: {
                /** @description `handling=strict` (RFC 7240): a request with parameters or members that would be ignored gets a 400. */
                Prefer?: string;
            };
            path: {
                /** @description Id of the task */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The task is canceled, and its cancel actions are queued. */
            200: {
                headers: {
                    "X-Hookline-Ignored": components["headers"]["X-Hookline-Ignored"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    reportTask: {
        parameters: {
            query?: {
                /** @description The attempt that the request is about, as the handle names it. */
                attempt?: number;
            };
            header?: {
                /** @description `handling=strict` (RFC 7240): a request with parameters or members that would be ignored gets a 400. */
                Prefer?: string;
            };
            path: {
                /** @description Id of the task */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Report"] | components["schemas"]["StartTime"];
            };
        };
        responses: {
            /** @description The report is committed. */
            200: {
                headers: {
                    "X-Hookline-Ignored": components["headers"]["X-Hookline-Ignored"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    listAttempts: {
        parameters: {
            query?: never;
            header?: {
                /** @description `handling=strict` (RFC 7240): a request with parameters or members that would be ignored gets a 400. */
                Prefer?: string;
            };
            path: {
                /** @description Id of the task */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The attempts */
            200: {
                headers: {
                    "X-Hookline-Ignored": components["headers"]["X-Hookline-Ignored"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Attempt"][];
                };
            };
        };
    };
    rerunTask: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes it safe to repeat the request: the same key with the same body gets the first answer again, and creates nothing. Keys are kept for `IDEMPOTENCY_KEY_TTL_HOURS`, 24 hours by default. Use a new key for each request, such as a UUID: 1 to 255 visible ASCII characters, bare or quoted. */
                "Idempotency-Key"?: string;
                /** @description `handling=strict` (RFC 7240): a request with parameters or members that would be ignored gets a 400. */
                Prefer?: string;
            };
            path: {
                /** @description Id of the task */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["RerunTask"];
            };
        };
        responses: {
            /** @description The tasks that run again */
            200: {
                headers: {
                    /** @description UUID of the created batch */
                    "X-Batch-ID"?: string;
                    /** @description Present if the request repeats an earlier one with the same `Idempotency-Key`: this is the first answer. */
                    "Idempotency-Replayed"?: "true";
                    "X-Hookline-Ignored": components["headers"]["X-Hookline-Ignored"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rerun"];
                };
            };
        };
    };
    explainTask: {
        parameters: {
            query?: never;
            header?: {
                /** @description `handling=strict` (RFC 7240): a request with parameters or members that would be ignored gets a 400. */
                Prefer?: string;
            };
            path: {
                /** @description Id of the task */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The reasons */
            200: {
                headers: {
                    "X-Hookline-Ignored": components["headers"]["X-Hookline-Ignored"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Why"];
                };
            };
        };
    };
    getPage: {
        parameters: {
            query?: {
                /** @description Id of the batch to show */
                batch?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
        };
    };
    listDeliveries: {
        parameters: {
            query?: {
                /** @description Only deliveries of this task. */
                task_id?: string;
                /** @description Only deliveries of this batch and its tasks. */
                batch_id?: string;
                /** @description Only calls for this event. A list searches the first 10,000 deliveries, in its order, that match the other filters. */
                trigger?: "start" | "end" | "cancel" | "batch_complete";
                /**
                 * @description Only calls to this host: `name:port`, or a name, which stands for all its ports; case-insensitive, without a default
                 *     port. A name in Unicode is written as in the URL. A list searches the first 10,000 deliveries, in its order, that match
                 *     the other filters.
                 */
                host?: string;
                /** @description Only deliveries that changed at this time or later. */
                updated_after?: string;
                /** @description Only deliveries that last changed at this time or earlier. */
                updated_before?: string;
                /** @description Number of the page, from 0; a page after the end is empty. */
                page?: number;
                /** @description Items per page: at most `PAGINATION_MAX`, by default `PAGINATION_DEFAULT`. */
                page_size?: number;
                /** @description Status of the delivery; case-insensitive. Several: separated by commas, or given several times. */
                status?: ("pending" | "success" | "failure" | "exhausted")[];
                /** @description Order of the deliveries: `-updated_at` (last changed first, the default) or `updated_at`. */
                sort?: "-updated_at" | "updated_at";
            };
            header?: {
                /** @description `handling=strict` (RFC 7240): a request with parameters or members that would be ignored gets a 400. */
                Prefer?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of deliveries */
            200: {
                headers: {
                    /**
                     * @description RFC 8288: the URLs of the `next`, `prev` and `first` page, with all other parameters of the request. There is no `next` after a page with fewer than `page_size` items, and no header if it would have over 6,000 characters.
                     * @example <http://localhost:8085/task?status=Failure&page=1>; rel="next"
                     */
                    Link?: string;
                    "X-Hookline-Ignored": components["headers"]["X-Hookline-Ignored"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Delivery"][];
                };
            };
        };
    };
    replayDeliveries: {
        parameters: {
            query?: {
                /** @description Only deliveries of this task. */
                task_id?: string;
                /** @description Only deliveries of this batch and its tasks. */
                batch_id?: string;
                /** @description Only calls for this event. A list searches the first 10,000 deliveries, in its order, that match the other filters. */
                trigger?: "start" | "end" | "cancel" | "batch_complete";
                /**
                 * @description Only calls to this host: `name:port`, or a name, which stands for all its ports; case-insensitive, without a default
                 *     port. A name in Unicode is written as in the URL. A list searches the first 10,000 deliveries, in its order, that match
                 *     the other filters.
                 */
                host?: string;
                /** @description Only deliveries that changed at this time or later. */
                updated_after?: string;
                /** @description Only deliveries that last changed at this time or earlier. */
                updated_before?: string;
                /** @description Only exhausted notifications can be sent again; case-insensitive. */
                status?: "exhausted";
            };
            header?: {
                /** @description `handling=strict` (RFC 7240): a request with parameters or members that would be ignored gets a 400. */
                Prefer?: string;
            };
            path?: never;
            cookie?: never;
        };
        /** @description Without a body, all exhausted notifications that match the filters are sent again. */
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Replay"];
            };
        };
        responses: {
            /** @description The notifications are queued. */
            202: {
                headers: {
                    "X-Hookline-Ignored": components["headers"]["X-Hookline-Ignored"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Replayed"];
                };
            };
        };
    };
    getDelivery: {
        parameters: {
            query?: never;
            header?: {
                /** @description `handling=strict` (RFC 7240): a request with parameters or members that would be ignored gets a 400. */
                Prefer?: string;
            };
            path: {
                /** @description Id of the delivery */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The delivery */
            200: {
                headers: {
                    "X-Hookline-Ignored": components["headers"]["X-Hookline-Ignored"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeliveryDetail"];
                };
            };
        };
    };
    replayDelivery: {
        parameters: {
            query?: never;
            header?: {
                /** @description `handling=strict` (RFC 7240): a request with parameters or members that would be ignored gets a 400. */
                Prefer?: string;
            };
            path: {
                /** @description Id of the delivery */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The notification is queued. */
            202: {
                headers: {
                    "X-Hookline-Ignored": components["headers"]["X-Hookline-Ignored"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
}
