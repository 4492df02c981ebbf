import { IntersectionType } from '@nestjs/swagger';
import type { Report } from '../report/fold-reports';
import { BulkItemDto } from './bulk-item.dto';
import { ReportDto } from './report.dto';

/** A report in a bulk, with the task that it is about. */
export class BulkReportDto extends IntersectionType(BulkItemDto, ReportDto) {
  /** Returns the report, or its faults, each naming its field. */
  static read(item: Record<string, unknown>): Report | string[] {
    if (changesStart(item)) return ['run_at: cannot be changed in bulk'];
    const faults = ReportDto.faultsOf(item, BulkReportDto);
    if (faults.length > 0) return faults;
    const report = item as unknown as BulkReportDto;
    return ReportDto.toReport(report.id.toLowerCase(), report.attempt ?? 1, report);
  }
}

const OF_ITEM: ReadonlySet<string> = new Set(['id', 'attempt', 'token', 'run_at']);

/** Returns whether an item would move the start of its task. As in a single report, `run_at: null` does so only alone. */
function changesStart(item: Record<string, unknown>): boolean {
  if (item.run_at === undefined) return false;
  return item.run_at !== null || Object.entries(item).every(([name, value]) => OF_ITEM.has(name) || value === null);
}
