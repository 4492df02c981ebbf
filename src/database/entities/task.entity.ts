import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { TaskStatus } from '../../domain/task-status';

/** The hot row of a task: what changes while it lives. */
@Entity('task')
export class TaskEntity {
  @PrimaryColumn('uuid') id: string;
  @Column('uuid', { name: 'batch_id' }) batchId: string;
  @Column('timestamptz', { name: 'created_at' }) createdAt: Date;
  @Column('timestamptz', { name: 'last_updated' }) lastUpdated: Date;
  @Column('timestamptz', { name: 'started_at', nullable: true }) startedAt: Date | null;
  @Column('timestamptz', { name: 'ended_at', nullable: true }) endedAt: Date | null;
  @Column('text') status: TaskStatus;
  @Column('int') priority: number;
  @Column('int', { name: 'timeout_secs' }) timeoutSecs: number;
  @Column('int') success: number;
  @Column('int') failures: number;
  @Column('int', { name: 'expected_count', nullable: true }) expectedCount: number | null;
  @Column('boolean', { name: 'dead_end_barrier' }) deadEndBarrier: boolean;
  @Column('text') kind: string;
  @Column('int') attempt: number;
  @Column('timestamptz', { name: 'run_at', nullable: true }) runAt: Date | null;
  @Column('text', { name: 'failure_reason', nullable: true }) failureReason: string | null;
}
