import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Tx } from '../../database/statement';
import { canonical, valuesOf } from '../../domain/matching';
import type { Matcher } from '../../domain/rule';
import type { TaskStatus } from '../../domain/task-status';
import type { CreateTaskDto } from '../dto/create-task.dto';
import { findOriginals, lockForDedupe, lockOriginals } from '../sql/dedupe';
import { writeJson } from '../../domain/exact-number';

/** A task that stands for one that was not created. */
export interface Original {
  id: string;
  status: TaskStatus;
}

/** "Is there a task of this kind and state with these values?" */
interface Question {
  /** The same for the same question. */
  key: string;
  kind: string;
  status: TaskStatus;
  /** Of fields, in their order. */
  names: string[];
  /** Has the values that are asked for. */
  metadata: unknown;
}

/** What is known of duplicates while a request is gone through in its order. */
export interface Duplicates {
  /** The task that this one duplicates, if any. */
  of(task: CreateTaskDto): Original | undefined;
  /** Makes a task that is created seen by the ones after it. */
  add(task: CreateTaskDto, original: Original): void;
}

/** Finds what the tasks of a request duplicate, among the tasks there are and within the request. */
@Injectable()
export class Dedupe {
  /**
   * Locks out other requests that could create the same, and looks up everything that is asked at once, in a statement
   * that begins when the locks are held: its snapshot has all that those before it have created.
   */
  async look(tx: Tx, tasks: readonly CreateTaskDto[]): Promise<Duplicates> {
    const matchers = tasks.flatMap((task) => task.dedupe_strategy ?? []);
    await tx.run(lockForDedupe, [...new Set([...matchers, ...tasks].map(({ kind }) => kind))]);
    const questions = new Map(tasks.map((task) => [task, questionsOf(task.dedupe_strategy ?? [], task.metadata)]));
    const distinct = new Map([...questions.values()].flat().map((question) => [question.key, question]));
    return new Seen(await this.answer(tx, [...distinct.values()]), questions, matchers);
  }

  private async answer(tx: Tx, questions: readonly Question[]): Promise<Map<string, Original>> {
    if (questions.length === 0) return new Map();
    const { documents, indexOf } = documentsOf(questions);
    const asked = questions.map(({ kind, status, names, metadata }, n) => {
      return { n, kind, status, names, document: indexOf.get(metadata) };
    });
    const active = asked.filter(({ status }) => status === 'Running');
    const others = asked.filter(({ status }) => status !== 'Running');
    const [byKind, byMetadata] = [true, false].map((none) =>
      others.filter(({ names }) => (names.length === 0) === none),
    );
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
    // One that was removed in between is no original; the task is created then, as if it had come a moment later.
    return new Map(found.flatMap(({ n, id }) => (byId.has(id) ? [[questions[n].key, byId.get(id)!] as const] : [])));
  }
}

class Seen implements Duplicates {
  /** What is asked about tasks of a kind and state, each matcher once. */
  private readonly matchers = new Map<string, Matcher[]>();

  /**
   * @param originals by question; those of this request are added as they are created.
   * @param questions of each task.
   * @param matchers of all tasks.
   */
  constructor(
    private readonly originals: Map<string, Original>,
    private readonly questions: ReadonlyMap<CreateTaskDto, readonly Question[]>,
    matchers: readonly Matcher[],
  ) {
    const seen = new Set<string>();
    for (const { kind, status, fields } of matchers) {
      const [name, matcher] = [nameOf(kind, status), { kind, status, fields: [...fields].sort() }];
      const shape = JSON.stringify(matcher);
      if (seen.has(shape)) continue;
      seen.add(shape);
      this.matchers.set(name, [...(this.matchers.get(name) ?? []), matcher]);
    }
  }

  of(task: CreateTaskDto): Original | undefined {
    for (const { key } of this.questions.get(task)!) {
      const original = this.originals.get(key);
      if (original) return original;
    }
    return undefined;
  }

  add({ kind, metadata }: CreateTaskDto, original: Original): void {
    for (const { key } of questionsOf(this.matchers.get(nameOf(kind, original.status)) ?? [], metadata)) {
      if (!this.originals.has(key)) this.originals.set(key, original);
    }
  }
}

const nameOf = (kind: string, status: TaskStatus): string => JSON.stringify([status, kind]);

/**
 * The values that questions ask about, once for each metadata: dozens of questions may ask about the same ones, and they
 * may be long.
 */
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
 * What matchers ask about tasks with the same metadata as this. One with a field that the metadata lacks asks nothing.
 * Values are written out once a task, and not once a matcher, and only their hashes are kept: they may be long, and
 * matchers many.
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
    const key = hashOf([nameOf(kind, status), ...names.map((name) => hashOfField(name, values[name]))].join('\n'));
    return [{ key, kind, status, names, metadata }];
  });
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64');
