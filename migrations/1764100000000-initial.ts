import { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The rows (docs/architecture.md, "Tables"): `task` is the hot row and changes three or four times in a task's life;
 * it has no index besides its key and the partial ones that are queues. What is written once, and every index that
 * lists need, is in `task_definition`. `outbox` holds what is still to be delivered, `delivery` what has been settled,
 * so that the queue stays as small as the backlog however long the history grows. There are no foreign keys between them:
 * what belongs together is written by one statement and removed by one, and checking it would cost creation a third more
 * (docs/adr/0009).
 */
export class Initial1764100000000 implements MigrationInterface {
  name = 'Initial1764100000000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TYPE task_status AS ENUM
        ('Waiting', 'Pending', 'Claimed', 'Running', 'Paused', 'Success', 'Failure', 'Canceled');
      CREATE TYPE delivery_trigger AS ENUM ('start', 'end', 'cancel', 'batch_complete');
      CREATE TYPE delivery_status AS ENUM ('success', 'failure', 'exhausted');
      CREATE TYPE notice AS ENUM ('end:success', 'end:failure', 'cancel', 'complete');

      CREATE TABLE batch (
        id uuid PRIMARY KEY,
        created_at timestamptz NOT NULL DEFAULT now(),
        scope text,
        metadata jsonb,
        -- Whom to tell when the last task has ended; open_tasks is counted down only where somebody waits for it.
        on_complete json,
        open_tasks integer NOT NULL DEFAULT 0 CHECK (open_tasks >= 0),
        completion json
      );
      CREATE INDEX batch_newest ON batch (created_at DESC, id DESC);
      CREATE INDEX batch_scope ON batch (scope, created_at DESC, id DESC);

      CREATE TABLE task (
        id uuid PRIMARY KEY,
        batch_id uuid NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        last_updated timestamptz NOT NULL DEFAULT now(),
        started_at timestamptz,
        ended_at timestamptz,
        run_at timestamptz,
        deadline timestamptz,
        claimed_at timestamptz,
        -- The replica whose start call is queued or in flight. It outlives a status that is reported meanwhile, and is
        -- cleared when the call is settled.
        claimed_by uuid,
        -- The rule key that keeps a Pending task from starting: it is set aside until that key opens.
        parked_on bigint,
        status task_status NOT NULL,
        held_status task_status,
        priority integer NOT NULL DEFAULT 0,
        timeout_secs integer NOT NULL CHECK (timeout_secs > 0),
        unmet integer NOT NULL DEFAULT 0 CHECK (unmet >= 0),
        success integer NOT NULL DEFAULT 0 CHECK (success >= 0),
        failures integer NOT NULL DEFAULT 0 CHECK (failures >= 0),
        expected_count integer CHECK (expected_count >= 0),
        attempt integer NOT NULL DEFAULT 1 CHECK (attempt > 0),
        start_calls integer NOT NULL DEFAULT 0,
        dead_end_barrier boolean NOT NULL DEFAULT false,
        batch_awaited boolean NOT NULL DEFAULT false,
        -- The number of the host that its start call goes to: one that is full is passed over by claims.
        host integer NOT NULL DEFAULT 0,
        kind text NOT NULL,
        failure_reason text,
        CHECK ((status IN ('Success', 'Failure', 'Canceled')) = (ended_at IS NOT NULL)),
        CHECK ((status = 'Paused') = (held_status IS NOT NULL)),
        CHECK (status <> 'Claimed' OR claimed_by IS NOT NULL)
      ) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
      CREATE INDEX task_pending ON task (priority DESC, created_at, id) WHERE status = 'Pending' AND parked_on IS NULL;
      CREATE INDEX task_parked ON task (parked_on, priority DESC, created_at, id)
        WHERE status = 'Pending' AND parked_on IS NOT NULL;
      CREATE INDEX task_active ON task (kind)
        WHERE status IN ('Claimed', 'Running') OR held_status IN ('Claimed', 'Running');
      CREATE INDEX task_claimed ON task (claimed_by) WHERE claimed_by IS NOT NULL;
      CREATE INDEX task_deadline ON task (deadline) WHERE status = 'Running';

      CREATE TABLE task_definition (
        id uuid PRIMARY KEY,
        batch_id uuid NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        name text NOT NULL,
        metadata jsonb,
        rules json,
        retry json,
        on_start json NOT NULL,
        on_success json,
        on_failure json,
        on_cancel json,
        -- One row with something else would keep all tasks from being claimed, or all silent ones from ending.
        CHECK (json_typeof(rules) = 'array' AND json_typeof(on_success) = 'array'
          AND json_typeof(on_failure) = 'array' AND json_typeof(on_cancel) = 'array')
      );
      CREATE INDEX task_definition_newest ON task_definition (created_at DESC, id DESC);
      CREATE INDEX task_definition_batch ON task_definition (batch_id, id);

      -- Entries that wait in a list are read by every search: a thousand questions of a deduplication took 0.8 s for it.
      CREATE INDEX task_definition_metadata ON task_definition USING gin (metadata jsonb_path_ops)
        WITH (fastupdate = off);

      -- Kinds that some rule looks at: ends and changes of other kinds concern no rule.
      CREATE TABLE ruled_kind (
        kind text PRIMARY KEY,
        -- Some rule looks at them in a state other than Running, and so at every change of state.
        other_states boolean NOT NULL
      );

      -- What there are rule keys about: few, however many values the fields have.
      CREATE TABLE rule_matcher (
        id bigint PRIMARY KEY,
        kind text NOT NULL,
        status task_status NOT NULL,
        fields text[] NOT NULL
      );
      CREATE INDEX rule_matcher_kind ON rule_matcher (kind);

      -- A rule as it applies to tasks with certain metadata; there is a row where tasks are set aside under it.
      CREATE TABLE rule_key (
        id bigint PRIMARY KEY,
        matcher bigint NOT NULL REFERENCES rule_matcher (id),
        type text NOT NULL,
        max integer NOT NULL,
        fields jsonb NOT NULL,
        -- Something that it looks at has changed since it was last found full.
        open boolean NOT NULL
      ) WITH (fillfactor = 50);
      -- Values may be longer than an index entry can be.
      CREATE INDEX rule_key_values ON rule_key (matcher, md5(fields::text));
      CREATE INDEX rule_key_open ON rule_key (id) WHERE open;

      CREATE TABLE link (
        parent_id uuid NOT NULL,
        child_id uuid NOT NULL,
        requires_success boolean NOT NULL,
        PRIMARY KEY (parent_id, child_id)
      );
      CREATE INDEX link_child ON link (child_id);

      -- The idempotency key is the primary key: one event can never be queued twice.
      CREATE TABLE outbox (
        key text PRIMARY KEY,
        id uuid NOT NULL,
        task_id uuid,
        batch_id uuid NOT NULL,
        notice notice NOT NULL,
        position integer NOT NULL,
        -- Not to be sent before the start call of the same task is settled.
        held boolean NOT NULL,
        attempts integer NOT NULL DEFAULT 0,
        next_attempt_at timestamptz NOT NULL,
        last_status integer,
        last_error text,
        url text NOT NULL,
        -- Whom a slow delivery holds up, at most.
        host text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
      ) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
      CREATE INDEX outbox_due ON outbox (next_attempt_at) WHERE NOT held;
      CREATE INDEX outbox_held ON outbox (task_id) WHERE held;

      CREATE TABLE delivery (
        id uuid PRIMARY KEY,
        task_id uuid,
        batch_id uuid NOT NULL,
        trigger delivery_trigger NOT NULL,
        status delivery_status NOT NULL,
        attempts integer NOT NULL,
        position integer NOT NULL DEFAULT 0,
        last_status integer,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL DEFAULT now(),
        key text NOT NULL,
        url text NOT NULL,
        last_error text
      );
      CREATE INDEX delivery_last_changed ON delivery (updated_at DESC, id DESC);
      CREATE INDEX delivery_failed ON delivery (status, updated_at DESC, id DESC) WHERE status <> 'success';
      CREATE INDEX delivery_task ON delivery (task_id) WHERE task_id IS NOT NULL;
      CREATE INDEX delivery_batch ON delivery (batch_id) WHERE task_id IS NULL;

      -- One row a replica, refreshed while it lives: a claim is stale when its worker is.
      CREATE TABLE worker (
        id uuid PRIMARY KEY,
        started_at timestamptz NOT NULL DEFAULT now(),
        last_seen timestamptz NOT NULL DEFAULT now(),
        -- When it may count others as dead: not at once after it was cut off from the database itself.
        judges_from timestamptz NOT NULL DEFAULT now(),
        starts_tasks boolean NOT NULL DEFAULT true
      ) WITH (fillfactor = 50);
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      DROP TABLE worker, delivery, outbox, link, rule_key, rule_matcher, ruled_kind, task_definition, task, batch;
      DROP TYPE notice, delivery_status, delivery_trigger, task_status;
    `);
  }
}
