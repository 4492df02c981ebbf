import { setImmediate } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { isObject } from '../../domain/json';
import type { Bulk } from '../../http/bulk';
import { bounded } from '../../http/faults';
import { isUuid } from '../../http/is-uuid';
import { unstorable } from '../../http/json-body';
import { problemOf } from '../../http/problem';
import { BulkIncrementDto } from '../dto/bulk-increment.dto';
import { BulkReportDto } from '../dto/bulk-report.dto';
import type { BulkResultDto } from '../dto/bulk-result.dto';
import { refusalOf, type ReportOutcome } from './outcome';
import { ProgressCoalescer } from './progress-coalescer';
import { ReportCoalescer } from './report-coalescer';

type Outcome = PromiseSettledResult<ReportOutcome>;
type Result = Omit<BulkResultDto, 'id'>;

/** What one kind of bulk does. */
interface Kind<T> {
  /** Returns what an item says, or its faults. */
  read: (item: Record<string, unknown>) => T | string[];
  write: (items: T[]) => Promise<Outcome[]>;
  /** The status code of a committed item. */
  committed: 200 | 202;
  /** Whether an item is refused for any text or number that cannot be stored, even in fields that are ignored. */
  refusesUnstorable: boolean;
}

/** Other requests are answered between that many items. */
const ITEMS_PER_TURN = 500;
/** The answer has up to 10,000 of them. */
const MAX_ERROR_LENGTH = 1000;

/** Applies bulks of reports and increments: each item succeeds or fails by itself. */
@Injectable()
export class BulkReports {
  private readonly logger = new Logger(BulkReports.name);

  constructor(
    private readonly reports: ReportCoalescer,
    private readonly progress: ProgressCoalescer,
  ) {}

  /** Resolves to the results in the order of the items, when all reports are committed or refused. */
  report(bulk: Bulk): Promise<BulkResultDto[]> {
    return this.apply(bulk, {
      read: (item) => BulkReportDto.read(item),
      write: (reports) => this.reports.reportAll(reports),
      committed: 200,
      refusesUnstorable: true,
    });
  }

  /** Resolves to the results in the order of the items, when all increments are committed or refused. */
  count(bulk: Bulk): Promise<BulkResultDto[]> {
    return this.apply(bulk, {
      read: (item) => BulkIncrementDto.read(item),
      write: (increments) => this.progress.addAll(increments),
      committed: 202,
      refusesUnstorable: false,
    });
  }

  private async apply<T extends { id: string; attempt: number }>(bulk: Bulk, kind: Kind<T>): Promise<BulkResultDto[]> {
    const results: Result[] = [];
    const accepted: T[] = [];
    const indexes: number[] = [];
    for (const [index, item] of bulk.items.entries()) {
      if (index % ITEMS_PER_TURN === ITEMS_PER_TURN - 1) await setImmediate();
      const refusal = bulk.refused.get(index);
      const read = refusal ? [] : readItem(item, kind, bulk);
      if (refusal) results[index] = refusal;
      else if (Array.isArray(read)) results[index] = { status: 400, error: joined(read) };
      else indexes[accepted.push(read) - 1] = index;
    }
    const outcomes = await kind.write(accepted);
    outcomes.forEach((outcome, n) => (results[indexes[n]] = this.resultOf(accepted[n], outcome, kind.committed)));
    return results.map((result, index) => ({ id: idOf(bulk.items[index]), ...result }));
  }

  private resultOf(item: { id: string; attempt: number }, outcome: Outcome, committed: number): Result {
    if (outcome.status === 'fulfilled')
      return outcome.value.applied ? { status: committed } : refusalOf(item, outcome.value.current);
    const { status, body } = problemOf(outcome.reason);
    if (status === 500) this.logger.error(`Item for task ${item.id} failed`, stackOf(outcome.reason));
    return { status, error: String(body.error) };
  }
}

function readItem<T>(
  item: unknown,
  { read, refusesUnstorable }: Kind<T>,
  { isUnstorable, unknownIn }: Bulk,
): T | string[] {
  if (!isObject(item)) return ['must be an object'];
  const faults = [...(isUnstorable && refusesUnstorable ? bounded(unstorable(item, '')) : []), ...unknownIn(item)];
  return faults.length > 0 ? faults : read(item);
}

function joined(faults: readonly string[]): string {
  const text = faults.join('; ');
  return text.length > MAX_ERROR_LENGTH ? `${text.slice(0, MAX_ERROR_LENGTH)}…` : text;
}

const idOf = (item: unknown): string | null => (isObject(item) && isUuid(item.id) ? item.id : null);

const stackOf = (error: unknown): string | undefined => (error instanceof Error ? error.stack : String(error));
