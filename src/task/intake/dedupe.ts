import { Injectable } from '@nestjs/common';
import type { Tx } from '../../database/statement';
import { canonical, valuesOf } from '../../domain/matching';
import type { Matcher } from '../../domain/rule';
import type { TaskStatus } from '../../domain/task-status';
import type { CreateTaskDto } from '../dto/create-task.dto';
import { findActive, findByKind, findByMetadata, lockForDedupe, lockOriginals } from '../sql/dedupe';

/** A task that stands for one that was not created. */
export interface Original {
  id: string;
  status: TaskStatus;
}

/** "Is there a task of this kind and state with these values?" */
interface Question {
  kind: string;
  status: TaskStatus;
  fields: Record<string, unknown>;
}

/** What is known of duplicates while a request is gone through in its order. */
export interface Duplicates {
  /** The task that this one duplicates, if any. */
  of(task: CreateTaskDto): Original | undefined;
  /** Makes a task that is created seen by the ones after it. */
  add(task: CreateTaskDto, original: Original): void;
}

const keyOf = ({ kind, status, fields }: Question) => canonical([kind, status, fields]);

/** Finds what the tasks of a request duplicate, among the tasks there are and within the request. */
@Injectable()
export class Dedupe {
  /** Locks out other requests that could create the same, and looks up everything that is asked at once. */
  async look(tx: Tx, tasks: readonly CreateTaskDto[]): Promise<Duplicates> {
    const matchers = tasks.flatMap((task) => task.dedupe_strategy ?? []);
    await tx.run(lockForDedupe, [...new Set([...matchers, ...tasks].map(({ kind }) => kind))]);
    const questions = new Map(tasks.flatMap(questionsOf).map((question) => [keyOf(question), question]));
    const existing = await this.answer(tx, questions);
    return new Seen(existing, distinct(matchers));
  }

  private async answer(tx: Tx, questions: ReadonlyMap<string, Question>): Promise<Map<string, Original>> {
    const keys = [...questions.keys()];
    const asked = [...questions.values()].map((question, n) => ({ n, ...question }));
    const active = asked.filter(({ status }) => status === 'Running');
    const others = asked.filter(({ status }) => status !== 'Running');
    const byKind = others.filter(({ fields }) => Object.keys(fields).length === 0);
    const byMetadata = others.filter((question) => !byKind.includes(question));
    const found = [
      ...(active.length > 0 ? await tx.run(findActive, JSON.stringify(active)) : []),
      ...(byMetadata.length > 0 ? await tx.run(findByMetadata, JSON.stringify(byMetadata)) : []),
      ...(byKind.length > 0 ? await tx.run(findByKind, JSON.stringify(byKind)) : []),
    ];
    if (found.length === 0) return new Map();
    const originals = await tx.run(lockOriginals, [...new Set(found.map(({ id }) => id))]);
    const byId = new Map(originals.map((original) => [original.id, original]));
    // One that was removed in between is no original; the task is created then, as if it had come a moment later.
    return new Map(found.flatMap(({ n, id }) => (byId.has(id) ? [[keys[n], byId.get(id)!] as const] : [])));
  }
}

class Seen implements Duplicates {
  /** @param originals by question; those of this request are added as they are created. */
  constructor(
    private readonly originals: Map<string, Original>,
    private readonly matchers: readonly Matcher[],
  ) {}

  of(task: CreateTaskDto): Original | undefined {
    for (const question of questionsOf(task)) {
      const original = this.originals.get(keyOf(question));
      if (original) return original;
    }
    return undefined;
  }

  add(task: CreateTaskDto, original: Original): void {
    for (const { kind, status, fields } of this.matchers) {
      if (kind !== task.kind || status !== original.status) continue;
      const values = valuesOf(fields, task.metadata);
      if (!values) continue;
      const key = keyOf({ kind, status, fields: values });
      if (!this.originals.has(key)) this.originals.set(key, original);
    }
  }
}

/** What a task's strategy asks. Entries whose fields its metadata lacks ask nothing. */
function questionsOf({ dedupe_strategy, metadata }: CreateTaskDto): Question[] {
  return (dedupe_strategy ?? []).flatMap(({ kind, status, fields }) => {
    const values = valuesOf(fields, metadata);
    return values ? [{ kind, status, fields: values }] : [];
  });
}

function distinct(matchers: readonly Matcher[]): Matcher[] {
  return [...new Map(matchers.map((matcher) => [canonical(matcher), matcher])).values()];
}
