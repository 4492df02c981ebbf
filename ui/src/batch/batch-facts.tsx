import type { BatchStats } from '../api/types';
import { Fact, Json } from '../parts/facts';

/** Shows the scope and the metadata of a batch, folded: they may be long. */
export function BatchFacts({ about }: { about: BatchStats | undefined }) {
  const isBare = about && about.scope === null && about.metadata === null;
  return (
    <details className="batch-about">
      <summary>Scope and metadata{isBare && ': none'}</summary>
      {about && about.scope !== null && (
        <dl className="facts">
          <Fact name="Scope">{about.scope}</Fact>
        </dl>
      )}
      <Json title="Metadata" value={about?.metadata} />
    </details>
  );
}
