import type { UseQueryResult } from '@tanstack/react-query';
import type { BatchStats } from '../api/types';
import { Fact, Json } from '../parts/facts';
import { ErrorNotice } from '../parts/notice';

/** Shows the scope and the metadata of a batch, folded: they may be long. */
export function BatchFacts({ about }: { about: UseQueryResult<BatchStats> }) {
  const { data, error, refetch } = about;
  const isBare = data && data.scope === null && data.metadata === null;
  return (
    <details className="batch-about">
      <summary>Scope and metadata{isBare && ': none'}</summary>
      {error && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      {data && data.scope !== null && (
        <dl className="facts">
          <Fact name="Scope">{data.scope}</Fact>
        </dl>
      )}
      <Json title="Metadata" value={data?.metadata} />
    </details>
  );
}
