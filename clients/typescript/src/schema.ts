// Written from openapi.json by `npm run artefacts`.
export interface paths {
    "/batch/{batch_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How far a batch has come */
        get: operations["batchStats"];
        put?: never;
        post?: never;
        /** Stop a batch: cancel everything in it that has not ended */
        delete: operations["batchStop"];
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
         * Changes of the tasks of a batch, as they come
         * @description `ready` comes when nothing more can be missed: read the graph after that. Then there is a `task` with the light form of each task that has changed. Changes that follow closely on each other may come as the last of them.
         */
        get: operations["liveOfBatch"];
        put?: never;
        post?: never;
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
        /** Replace the rules of the unfinished tasks of one kind */
        patch: operations["batchUpdateRules"];
        trace?: never;
    };
    "/batches": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List batches, newest first */
        get: operations["batchesList"];
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
        /** The graph of a batch: its tasks, and which waits for which */
        get: operations["dagGet"];
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
         * Changes of batches, as they come
         * @description After `ready`, there is a `batch` with the summary of each of the newest 100 batches that has changed.
         */
        get: operations["liveOfAll"];
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
        /** How are the service and its database? */
        get: operations["healthHealth"];
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
         * Can the process answer at all?
         * @description Touches no database: restart it if this fails.
         */
        get: operations["healthLive"];
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
         * Metrics of this process for Prometheus
         * @description Touches no database: what it says about the queues there comes from the last sample, which a process that works on them takes every 15 seconds.
         */
        get: operations["metricsText"];
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
         * Should requests be sent here?
         * @description Not while the process shuts down, migrations are pending, the circuit breaker is open, the connection pool is exhausted or the database does not answer.
         */
        get: operations["healthReady"];
        put?: never;
        post?: never;
        delete?: never;
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
        /** List tasks, newest first */
        get: operations["taskList"];
        put?: never;
        /**
         * Create a batch of tasks
         * @description All of the request is created, or nothing is. Tasks may depend on tasks defined earlier in the request.
         */
        post: operations["taskCreate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
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
         * Hold a task
         * @description It does not start. If a receiver works on it already, only its silence clock stops.
         */
        patch: operations["taskPause"];
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
        /** Let a paused task go on from where it was held */
        patch: operations["taskResume"];
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
         * Everything about one task
         * @description With the token in the handle of a notification, the answer has only what lists show: no rules, metadata, actions or reason.
         */
        get: operations["taskGet"];
        /**
         * Count progress, at a high rate
         * @description 202 means that the increment is durable. It counts in whatever state the task is, ended ones included.
         */
        put: operations["taskCount"];
        post?: never;
        /** Cancel a task, and with it what requires it */
        delete: operations["taskCancel"];
        options?: never;
        head?: never;
        /**
         * Report on a task: its result, progress, or a sign of life
         * @description For the receiver that works on the task; this is the URL it got as `handle`. 200 means that the report is committed, has travelled through the graph, and every notification is queued.
         */
        patch: operations["taskReport"];
        trace?: never;
    };
    "/task/{id}/why": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What a task waits for: parents, rules and who holds them, a pause, its turn, a worker */
        get: operations["taskWhy"];
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
        /** The page: batches, their graphs and deliveries, live */
        get: operations["viewView"];
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
        /** Calls to receivers, last changed first, start calls included */
        get: operations["deliveriesList"];
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
         * Send notifications again that were given up, the oldest first
         * @description A thousand a call at most: ask again until nothing is replayed.
         */
        post: operations["deliveriesReplayExhausted"];
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
         * Send a notification again that was given up
         * @description It is queued with the same idempotency key and has all its attempts before it again.
         */
        post: operations["deliveriesReplayOne"];
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
        ActionDto: {
            /** @enum {string} */
            kind: "Webhook";
            params: components["schemas"]["WebhookParamsDto"];
        };
        BatchStatsDto: {
            /** Format: uuid */
            batch_id: string;
            /** @example 12 */
            total_tasks: number;
            /**
             * @description Items done, over all tasks.
             * @example 40
             */
            total_success: number;
            /**
             * @description Items failed, over all tasks.
             * @example 2
             */
            total_failures: number;
            /**
             * @description Items to do, over all tasks; null if any task does not say.
             * @example 120
             */
            total_expected: number | null;
            /**
             * @description Tasks in each state.
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
            /** @example release-2026-01 */
            scope: string | null;
            /**
             * @description Any JSON.
             * @example null
             */
            metadata: Record<string, unknown> | unknown[] | string | number | boolean | null;
        };
        BatchSummaryDto: {
            /** Format: uuid */
            batch_id: string;
            /** @example 12 */
            total_tasks: number;
            /** Format: date-time */
            first_created_at: string;
            /** Format: date-time */
            latest_updated_at: string;
            /**
             * @description Tasks in each state.
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
             * @description The kinds of its tasks, in alphabetical order.
             * @example [
             *       "build",
             *       "deploy"
             *     ]
             */
            kinds: string[];
            /** @example release-2026-01 */
            scope: string | null;
            /**
             * @description Any JSON.
             * @example null
             */
            metadata: Record<string, unknown> | unknown[] | string | number | boolean | null;
        };
        CreateRequestDto: {
            tasks: components["schemas"]["CreateTaskDto"][];
            /**
             * @description What the batch belongs to; batches can be listed by it.
             * @example release-2026-01
             */
            scope?: string;
            /**
             * @description Any JSON about the batch, at most 64 KiB.
             * @example {
             *       "requested_by": "nightly"
             *     }
             */
            metadata?: Record<string, unknown> | unknown[] | string | number | boolean | null;
            /** @description Called when the last task of the batch has ended. */
            on_batch_complete?: components["schemas"]["ActionDto"][];
        };
        CreateTaskDto: {
            /**
             * @description Local name, unique in the request; other tasks of the request refer to it.
             * @example build
             */
            id: string;
            /**
             * @description What people call it.
             * @example Build the app
             */
            name: string;
            /**
             * @description What sort of work it is; rules and filters go by it.
             * @example build
             */
            kind: string;
            /**
             * @description Seconds of silence allowed while running.
             * @default 60
             */
            timeout?: number;
            /**
             * @description Any JSON, at most 64 KiB.
             * @example {
             *       "project": "shop",
             *       "branch": "main"
             *     }
             */
            metadata?: Record<string, unknown> | unknown[] | string | number | boolean | null;
            /** @description Called when the task may start; a 2xx answer means that the receiver works on it. */
            on_start: components["schemas"]["ActionDto"];
            /** @description Called when the task has succeeded. */
            on_success?: components["schemas"]["ActionDto"][];
            /** @description Called when the task has failed, by whatever way. */
            on_failure?: components["schemas"]["ActionDto"][];
            /** @description Tasks that must end before this one starts. */
            dependencies?: components["schemas"]["DependencyDto"][];
            /**
             * @description Items to do in all; progress is counted towards it.
             * @example 10
             */
            expected_count?: number;
            /**
             * @description Higher starts first.
             * @default 0
             */
            priority?: number;
            /**
             * @description Stops the climb when this task is canceled as a dead end.
             * @default false
             */
            dead_end_barrier?: boolean;
            /** @description When it may start, as far as other tasks are concerned; all of them must admit it. */
            rules?: components["schemas"]["RuleDto"][];
            /** @description If for any entry such a task exists, this one is not created; what depends on it depends on that one. */
            dedupe_strategy?: components["schemas"]["MatcherDto"][];
        };
        DagDto: {
            tasks: components["schemas"]["TaskLightDto"][];
            links: components["schemas"]["LinkDto"][];
        };
        DeliveryDto: {
            /** Format: uuid */
            id: string;
            /**
             * Format: uuid
             * @description The task that it is about; null for the completion of a batch.
             */
            task_id: string | null;
            /** Format: uuid */
            batch_id: string;
            /** @enum {string} */
            trigger: "start" | "end" | "cancel" | "batch_complete";
            /**
             * @description The same in every attempt.
             * @example 019a8c5e-7f2a-7c3e-9d55-0a4f3c2b1e10:end:success
             */
            idempotency_key: string;
            /**
             * @description Without user name and password; if access is guarded, without the values of its query too.
             * @example https://worker.example.com/deployed
             */
            url: string;
            /**
             * @description `failure` is a start call that was refused; `exhausted` a notification that was given up.
             * @enum {string}
             */
            status: "pending" | "success" | "failure" | "exhausted";
            /** @example 1 */
            attempts: number;
            /**
             * Format: date-time
             * @description When it is sent next, after a pause of its host too; null when it is settled or a start call is in flight.
             */
            next_attempt_at: string | null;
            /**
             * @description HTTP status of the last attempt, if there was an answer.
             * @example 200
             */
            last_status: number | null;
            /**
             * @description Why the last attempt failed, or why the delivery waits for its host; null if nothing went wrong.
             * @example null
             */
            last_error: string | null;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
        };
        DependencyDto: {
            /**
             * @description Local id of a task that is defined earlier in the request.
             * @example build
             */
            id: string;
            /**
             * @description true: it must succeed, or this task fails with it. false: it must have ended, however.
             * @example true
             */
            requires_success: boolean;
        };
        Health: {
            /**
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
             * @description Connections that are open, busy or idle.
             * @example 10
             */
            pool_size: number;
            /**
             * @description Open connections that nobody uses.
             * @example 8
             */
            pool_idle: number;
            /**
             * @description Callers that wait for a connection.
             * @example 0
             */
            pool_waiting: number;
            /**
             * @description The circuit breaker before the database.
             * @enum {string}
             */
            breaker: "closed" | "open" | "half-open";
        };
        IncrementDto: {
            /**
             * @description Items done since the last report; added to `success`.
             * @example 5
             */
            new_success?: number;
            /**
             * @description Items failed since the last report; added to `failures`.
             * @example 0
             */
            new_failures?: number;
        };
        LinkDto: {
            /** Format: uuid */
            parent_id: string;
            /** Format: uuid */
            child_id: string;
            /** @description Whether the parent must succeed, or only end. */
            requires_success: boolean;
        };
        Liveness: {
            /**
             * @example alive
             * @enum {string}
             */
            status: "alive";
        };
        MatcherDto: {
            /** @example deploy */
            kind: string;
            /**
             * @description `Running` includes `Claimed` tasks and those paused while running.
             * @example Running
             * @enum {string}
             */
            status: "Waiting" | "Pending" | "Claimed" | "Running" | "Paused" | "Success" | "Failure" | "Canceled";
            /**
             * @description Fields of the metadata whose values must be the same as the candidate's. Required; an empty array compares none.
             * @example [
             *       "project"
             *     ]
             */
            fields: string[];
        };
        NamedTaskDto: {
            /** Format: uuid */
            id: string;
            /** @example Build the app */
            name: string;
            /** @enum {string} */
            status: "Waiting" | "Pending" | "Claimed" | "Running" | "Paused" | "Success" | "Failure" | "Canceled";
        };
        ProblemDetails: {
            /**
             * @description Always about:blank: the status says what kind of problem it is.
             * @example about:blank
             */
            type: string;
            /**
             * @description The name of the status.
             * @example Bad Request
             */
            title: string;
            /**
             * @description The HTTP status, once more.
             * @example 400
             */
            status: number;
            /**
             * @description What is wrong with this request, for a person.
             * @example The request is not valid: tasks[3].timeout: must be between 1 and 86400
             */
            detail: string;
            /**
             * @description The same in one short sentence.
             * @example The request is not valid
             */
            error: string;
            /**
             * @description One sentence per fault, each naming the field; at most 100 and a count of the others.
             * @example [
             *       "tasks[3].timeout: must be between 1 and 86400"
             *     ]
             */
            details: string[];
            /** @description With 404 for a task that exists, but not in a state that allows the request. */
            current_status?: string;
            /**
             * Format: uuid
             * @description With 400 for a batch: the id that it would have had.
             */
            batch_id?: string;
        };
        Readiness: {
            /**
             * @example ready
             * @enum {string}
             */
            status: "ready" | "not_ready";
            /**
             * @description With not_ready: what stands in the way.
             * @example The database connection pool is exhausted
             */
            reason?: string;
        };
        ReasonDto: {
            /**
             * @description `order`: others start first. `no_worker`: no process is there that starts tasks. `notification`: a notification of the ended task waits.
             * @enum {string}
             */
            type: "ended" | "running" | "starting" | "paused" | "parents" | "rule" | "order" | "no_worker" | "notification";
            /** @example It waits for 1 unfinished parent */
            text: string;
            /** @description Parents that it waits for, or tasks that take the room under a rule: the oldest 100. */
            tasks: components["schemas"]["NamedTaskDto"][];
        };
        ReplayedDto: {
            /**
             * @description Notifications that will be sent again, 1,000 at most; 0 when there are no more.
             * @example 12
             */
            replayed: number;
        };
        ReportDto: {
            /**
             * @description Items done since the last report; added to `success`.
             * @example 5
             */
            new_success?: number;
            /**
             * @description Items failed since the last report; added to `failures`.
             * @example 0
             */
            new_failures?: number;
            /**
             * @description The result, once there is one.
             * @example Success
             * @enum {string}
             */
            status?: "Success" | "Failure";
            /** @description Why it failed; required with Failure, and only allowed there. */
            failure_reason?: string;
            /**
             * @description Items to do in all.
             * @example 10
             */
            expected_count?: number;
            /** @example 0 */
            priority?: number;
            /** @description Replaces the metadata of the task; any JSON, at most 64 KiB. */
            metadata?: Record<string, unknown> | unknown[] | string | number | boolean | null;
        };
        RuleDto: {
            /**
             * @description `Concurency` is an older spelling of `Concurrency`.
             * @example Concurrency
             * @enum {string}
             */
            type: "Concurrency" | "Concurency" | "Capacity";
            /**
             * @description For Concurrency: start only while fewer tasks match.
             * @example 3
             */
            max_concurrency?: number;
            /** @description The same, for the older spelling. */
            max_concurency?: number;
            /** @description For Capacity: start only while less work is left in matching tasks. */
            max_capacity?: number;
            matcher: components["schemas"]["MatcherDto"];
        };
        RulesUpdatedDto: {
            /** Format: uuid */
            batch_id: string;
            /** @example deploy */
            kind: string;
            /**
             * @description Tasks that have these rules now.
             * @example 12
             */
            updated_count: number;
        };
        StopDto: {
            /** Format: uuid */
            batch_id: string;
            /** @example 3 */
            canceled_waiting: number;
            /** @example 1 */
            canceled_pending: number;
            /** @example 0 */
            canceled_claimed: number;
            /** @example 2 */
            canceled_running: number;
            /** @example 0 */
            canceled_paused: number;
            /** @example 4 */
            already_terminal: number;
        };
        TaskActionDto: {
            /** @enum {string} */
            kind: "Webhook";
            /** @enum {string} */
            trigger: "Start" | "End" | "Cancel";
            params: components["schemas"]["WebhookParamsDto"];
        };
        TaskFullDto: {
            /**
             * Format: uuid
             * @description UUID of the task.
             * @example 019a8c5e-7f2a-7c3e-9d55-0a4f3c2b1e10
             */
            id: string;
            /** @example Build the app */
            name: string;
            /** @example build */
            kind: string;
            /**
             * @example Running
             * @enum {string}
             */
            status: "Waiting" | "Pending" | "Claimed" | "Running" | "Paused" | "Success" | "Failure" | "Canceled";
            /**
             * Format: date-time
             * @example 2026-01-05T08:00:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When the receiver accepted it; null before that.
             * @example 2026-01-05T08:00:00.250Z
             */
            started_at: string | null;
            /**
             * Format: date-time
             * @description When it became Success, Failure or Canceled; null before that.
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
             * @description Items to do in all, if known.
             * @example 10
             */
            expected_count: number | null;
            /**
             * Format: uuid
             * @example 019a8c5e-7f2a-7c3e-9d55-0a4f3c2b1e00
             */
            batch_id: string;
            /**
             * @description Whether a dead end below stops here.
             * @example false
             */
            dead_end_barrier: boolean;
            /**
             * @description Higher starts first.
             * @example 0
             */
            priority: number;
            /**
             * @description Seconds of silence allowed while running.
             * @example 60
             */
            timeout: number;
            /**
             * @description Rules, in the spelling in which they came; empty when there are none.
             * @example []
             */
            rules: components["schemas"]["RuleDto"][];
            /**
             * @description Any JSON.
             * @example {
             *       "project": "shop"
             *     }
             */
            metadata: Record<string, unknown> | unknown[] | string | number | boolean | null;
            /**
             * Format: date-time
             * @description Of the last change or sign of life; silence is measured from here.
             * @example 2026-01-05T08:00:01.000Z
             */
            last_updated: string;
            /**
             * @description Why it failed or was canceled.
             * @example null
             */
            failure_reason: string | null;
            /** @description All webhooks of the task: the start call, notifications, and cancel actions that its receiver has registered. */
            actions: components["schemas"]["TaskActionDto"][];
        };
        TaskLightDto: {
            /**
             * Format: uuid
             * @description UUID of the task.
             * @example 019a8c5e-7f2a-7c3e-9d55-0a4f3c2b1e10
             */
            id: string;
            /** @example Build the app */
            name: string;
            /** @example build */
            kind: string;
            /**
             * @example Running
             * @enum {string}
             */
            status: "Waiting" | "Pending" | "Claimed" | "Running" | "Paused" | "Success" | "Failure" | "Canceled";
            /**
             * Format: date-time
             * @example 2026-01-05T08:00:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When the receiver accepted it; null before that.
             * @example 2026-01-05T08:00:00.250Z
             */
            started_at: string | null;
            /**
             * Format: date-time
             * @description When it became Success, Failure or Canceled; null before that.
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
             * @description Items to do in all, if known.
             * @example 10
             */
            expected_count: number | null;
            /**
             * Format: uuid
             * @example 019a8c5e-7f2a-7c3e-9d55-0a4f3c2b1e00
             */
            batch_id: string;
            /**
             * @description Whether a dead end below stops here.
             * @example false
             */
            dead_end_barrier: boolean;
            /**
             * @description Higher starts first.
             * @example 0
             */
            priority: number;
        };
        UpdateRulesDto: {
            /** @example deploy */
            kind: string;
            /** @description Replace the old ones; an empty array removes them. */
            rules: components["schemas"]["RuleDto"][];
        };
        WebhookParamsDto: {
            /**
             * @description Absolute http or https URL. The query parameter `handle` with the callback URL is added to it, and takes the place of one
             *     that is there already. Private and internal hosts are refused, unless the service is configured to allow them.
             * @example https://worker.example.com/start
             */
            url: string;
            /**
             * @example Post
             * @enum {string}
             */
            verb: "Get" | "Post" | "Put" | "Patch" | "Delete";
            /**
             * @description Any JSON; sent as it is, as `application/json` unless a header says otherwise. A string is sent as plain text if the
             *     header `Content-Type` says that it is not JSON.
             * @example {
             *       "branch": "main"
             *     }
             */
            body?: Record<string, unknown> | unknown[] | string | number | boolean | null;
            /**
             * @description Further request headers, name to value. Those that the service itself sets cannot be overridden.
             * @example {
             *       "X-Team": "shop"
             *     }
             */
            headers?: {
                [key: string]: string;
            };
        };
        WhyDto: {
            /** Format: uuid */
            id: string;
            /** @enum {string} */
            status: "Waiting" | "Pending" | "Claimed" | "Running" | "Paused" | "Success" | "Failure" | "Canceled";
            /**
             * @description All reasons in a sentence each.
             * @example It waits for 1 unfinished parent.
             */
            summary: string;
            reasons: components["schemas"]["ReasonDto"][];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    batchStats: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                batch_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BatchStatsDto"];
                };
            };
        };
    };
    batchStop: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                batch_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StopDto"];
                };
            };
        };
    };
    liveOfBatch: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `id` of the last event that was seen: what has changed since then comes first. */
                "Last-Event-ID"?: string;
            };
            path: {
                batch_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Server-sent events; the answer goes on until one side closes it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
        };
    };
    batchUpdateRules: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                batch_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateRulesDto"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RulesUpdatedDto"];
                };
            };
        };
    };
    batchesList: {
        parameters: {
            query?: {
                page?: number;
                page_size?: number;
                /** @description Part of the kind of a task. */
                kind?: string;
                /** @description Part of the name of a task. */
                name?: string;
                /** @description State of a task, recognized in any case. */
                status?: "Waiting" | "Pending" | "Claimed" | "Running" | "Paused" | "Success" | "Failure" | "Canceled";
                /** @description Created then or later. */
                created_after?: string;
                /** @description Created then or earlier. */
                created_before?: string;
                /** @description Exactly this scope. */
                scope?: string;
                /** @description JSON that the metadata of the batch contains. */
                metadata?: string;
                /** @description Part of the scope, of the batch's metadata, or of the name or kind of a task. */
                search?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BatchSummaryDto"][];
                };
            };
        };
    };
    dagGet: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                batch_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DagDto"];
                };
            };
        };
    };
    liveOfAll: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `id` of the last event that was seen: what has changed since then comes first. */
                "Last-Event-ID"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Server-sent events; the answer goes on until one side closes it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
        };
    };
    healthHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The database answers */
            200: {
                headers: {
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
    healthLive: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Yes */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Liveness"];
                };
            };
        };
    };
    metricsText: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The text format of Prometheus, version 0.0.4 */
            200: {
                headers: {
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
    healthReady: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Yes */
            200: {
                headers: {
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
    taskList: {
        parameters: {
            query?: {
                page?: number;
                page_size?: number;
                /** @description Part of the name. */
                name?: string;
                /** @description Part of the kind. */
                kind?: string;
                /** @description Recognized in any case. */
                status?: "Waiting" | "Pending" | "Claimed" | "Running" | "Paused" | "Success" | "Failure" | "Canceled";
                /** @description Exactly this timeout, in seconds. */
                timeout?: number;
                batch_id?: string;
                /** @description JSON that the metadata contains, e.g. `{"project":"shop"}`. */
                metadata?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskLightDto"][];
                };
            };
        };
    };
    taskCreate: {
        parameters: {
            query?: never;
            header?: {
                /** @description W3C Trace Context: all calls about these tasks belong to this trace. One that is not valid is ignored. */
                traceparent?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateTaskDto"][] | components["schemas"]["CreateRequestDto"];
            };
        };
        responses: {
            201: {
                headers: {
                    /** @description UUID of the batch */
                    "X-Batch-ID"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskLightDto"][];
                };
            };
            /** @description There was nothing to create. */
            204: {
                headers: {
                    /** @description UUID of the batch */
                    "X-Batch-ID"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    taskPause: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The task is paused. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    taskResume: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The task goes on. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    taskGet: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskFullDto"];
                };
            };
        };
    };
    taskCount: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["IncrementDto"];
            };
        };
        responses: {
            /** @description The increment is durable. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    taskCancel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The task is canceled; whoever works on it is told. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    taskReport: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReportDto"];
            };
        };
        responses: {
            /** @description The report counts. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    taskWhy: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WhyDto"];
                };
            };
        };
    };
    viewView: {
        parameters: {
            query?: {
                /** @description The batch to show */
                batch?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
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
    deliveriesList: {
        parameters: {
            query?: {
                page?: number;
                page_size?: number;
                /** @description Recognized in any case. */
                status?: "pending" | "success" | "failure" | "exhausted";
                task_id?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeliveryDto"][];
                };
            };
        };
    };
    deliveriesReplayExhausted: {
        parameters: {
            query?: {
                /** @description Only what was given up can be sent again. Recognized in any case. */
                status?: "exhausted";
                task_id?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReplayedDto"];
                };
            };
        };
    };
    deliveriesReplayOne: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is queued. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
}
