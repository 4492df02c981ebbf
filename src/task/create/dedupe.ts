import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Tx } from '../../database/statement';
import { writeJson } from '../../domain/exact-number';
import { canonical, MatcherIndex, valuesOf } from '../../domain/matching';
import type { Matcher } from '../../domain/rule';
import type { TaskStatus } from '../../domain/task-status';
import type { CreateTaskDto } from '../dto/create-task.dto';
import { findOriginals, lockForDedupe, lockOriginals } from '../sql/dedupe';

/** An existing task that a new one duplicates. */
export interface Original {
  id: string;
  status: TaskStatus;
}

/** Asks for a task of this kind and status with these values. */
interface Question {
  /** Equal for equal questions. */
  key: string;
  kind: string;
  status: TaskStatus;
  /** Names of the metadata fields, sorted. */
  names: string[];
  /** Holds the values of these fields. */
  metadata: unknown;
}

/** Finds duplicates while the tasks of a request are built in their order. */
export interface Duplicates {
  /** Returns the original that a task duplicates, if any. */
  of(task: CreateTaskDto): Original | undefined;
  /** Makes a created task visible to later tasks of the request. */
  add(task: CreateTaskDto, original: Original): void;
}

/** Finds the tasks of a request that duplicate existing tasks, or each other. */
@Injectable()
export class Dedupe {
  /** Locks out requests that could create the same tasks. */
  async lock(tx: Tx, tasks: readonly CreateTaskDto[]): Promise<void> {
    const kinds = [...matchersOf(tasks), ...tasks].map(({ kind }) => kind);
    await tx.run(lockForDedupe, [...new Set(kinds)]);
  }

  /**
   * Answers all questions in one statement. It begins when the locks are held, so its snapshot includes the tasks of every
   * request that held them before.
   */
  async find(tx: Tx, tasks: readonly CreateTaskDto[]): Promise<Duplicates> {
    await this.lock(tx, tasks);
    const matchers = matchersOf(tasks);
    const questions = new Map(tasks.map((task) => [task, questionsOf(task.dedupe_strategy ?? [], task.metadata)]));
    const distinct = new Map([...questions.values()].flat().map((question) => [question.key, question]));
    return new KnownTasks(await this.answer(tx, [...distinct.values()]), questions, matchers);
  }

  private async answer(tx: Tx, questions: readonly Question[]): Promise<Map<string, Original>> {
    if (questions.length === 0) return new Map();
    const { documents, indexOf } = documentsOf(questions);
    const asked = questions.map(({ kind, status, names, metadata }, n) => ({
      n,
      kind,
      status,
      names,
      document: indexOf.get(metadata),
    }));
    const active = asked.filter(({ status }) => status === 'Running');
    const others = asked.filter(({ status }) => status !== 'Running');
    const byMetadata = others.filter(({ names }) => names.length > 0);
    const byKind = others.filter(({ names }) => names.length === 0);
    const found = await tx.run(
      findOriginals,
      writeJson(active),
      writeJson(byMetadata),
      writeJson(byKind),
      writeJson(documents),
    );
    if (found.length === 0) return new Map();
    const originals = await tx.run(lockOriginals, [...new Set(found.map(({ id }) => id))]);
    const byId = new Map(originals.map((original) => [original.id, original]));
    // An original that was removed in between is none: the task is created, as if it had come a moment later.
    return new Map(found.flatMap(({ n, id }) => (byId.has(id) ? [[questions[n].key, byId.get(id)!] as const] : [])));
  }
}

const matchersOf = (tasks: readonly CreateTaskDto[]): Matcher[] => tasks.flatMap((task) => task.dedupe_strategy ?? []);

/** Knows the originals in the database, and the tasks that the request has created so far. */
class KnownTasks implements Duplicates {
  private readonly matchers: MatcherIndex;

  /**
   * @param originals by question; created tasks of this request are added.
   * @param questions of each task.
   */
  constructor(
    private readonly originals: Map<string, Original>,
    private readonly questions: ReadonlyMap<CreateTaskDto, readonly Question[]>,
    matchers: readonly Matcher[],
  ) {
    this.matchers = new MatcherIndex(matchers);
  }

  of(task: CreateTaskDto): Original | undefined {
    for (const { key } of this.questions.get(task)!) {
      const original = this.originals.get(key);
      if (original) return original;
    }
    return undefined;
  }

  add({ kind, metadata }: CreateTaskDto, original: Original): void {
    for (const { key } of questionsOf(this.matchers.of(kind, original.status), metadata)) {
      if (!this.originals.has(key)) this.originals.set(key, original);
    }
  }
}

/** Returns the values of all questions once per metadata: dozens of questions may share long values. */
function documentsOf(questions: readonly Question[]): {
  documents: Record<string, unknown>[];
  indexOf: ReadonlyMap<unknown, number>;
} {
  const names = new Map<unknown, Set<string>>();
  for (const question of questions) {
    const known = names.get(question.metadata);
    if (!known) names.set(question.metadata, new Set(question.names));
    else for (const name of question.names) known.add(name);
  }
  const all = [...names];
  return {
    documents: all.map(([metadata, fields]) => valuesOf([...fields], metadata)!),
    indexOf: new Map(all.map(([metadata], index) => [metadata, index])),
  };
}

/**
 * Returns the questions that matchers ask about tasks with this metadata; a matcher with a missing field asks none. Long
 * values are hashed once per task, not once per matcher, and only the hashes are kept.
 */
function questionsOf(matchers: readonly Matcher[], metadata: unknown): Question[] {
  const hashes = new Map<string, string>();
  const hashOfField = (name: string, value: unknown): string => {
    const known = hashes.get(name) ?? hashOf(canonical([name, value]));
    hashes.set(name, known);
    return known;
  };
  return matchers.flatMap(({ kind, status, fields }) => {
    const values = valuesOf(fields, metadata);
    if (!values) return [];
    const names = [...fields].sort();
    const key = hashOf(
      [JSON.stringify([status, kind]), ...names.map((name) => hashOfField(name, values[name]))].join('\n'),
    );
    return [{ key, kind, status, names, metadata }];
  });
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64');
