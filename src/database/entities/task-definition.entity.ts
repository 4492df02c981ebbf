import { Column, Entity, JoinColumn, OneToOne, PrimaryColumn } from 'typeorm';
import type { Action } from '../../domain/action';
import type { RetryPolicy } from '../../domain/retry';
import type { Rule } from '../../domain/rule';
import { TaskEntity } from './task.entity';

/** The cold row of a task: what its creator said, written once. */
@Entity('task_definition')
export class TaskDefinitionEntity {
  @PrimaryColumn('uuid') id: string;
  @Column('uuid', { name: 'batch_id' }) batchId: string;
  @Column('timestamptz', { name: 'created_at' }) createdAt: Date;
  @Column('text') name: string;
  @Column('text', { name: 'local_id', nullable: true }) localId: string | null;
  @Column('jsonb', { nullable: true }) metadata: unknown;
  @Column('json', { nullable: true }) result: unknown;
  @Column('json', { nullable: true }) rules: Rule[] | null;
  @Column('json', { nullable: true }) retry: RetryPolicy | null;
  @Column('json', { name: 'on_start' }) onStart: Action;
  @Column('json', { name: 'on_success', nullable: true }) onSuccess: Action[] | null;
  @Column('json', { name: 'on_failure', nullable: true }) onFailure: Action[] | null;
  @Column('json', { name: 'on_cancel', nullable: true }) onCancel: Action[] | null;

  @OneToOne(() => TaskEntity)
  @JoinColumn({ name: 'id' })
  task: TaskEntity;
}
