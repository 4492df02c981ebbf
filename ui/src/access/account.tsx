import { useMutation } from '@tanstack/react-query';
import { use } from 'react';
import { sentenceOf } from '../api/client';
import { SessionContext, signOut } from '../state/session';

/** Says who is signed in and signs out. Shows nothing while the service has no `AUTH_TOKEN`. */
export function Account() {
  const session = use(SessionContext);
  const { mutate, isPending, error } = useMutation({ mutationFn: signOut });
  if (!session || session.name === null) return null;
  return (
    <div className="account" role="group" aria-label="Account">
      <span className="account-name" title={`Signed in with the token ${session.name}`}>
        {session.name}
      </span>
      {session.access === 'read' && (
        <span className="read-only" title="Your token allows reading only, so actions are not shown">
          Read only
        </span>
      )}
      <button type="button" disabled={isPending} onClick={() => mutate()}>
        Sign out
      </button>
      {error && (
        <p className="find-error" role="alert">
          {sentenceOf(error)}
        </p>
      )}
    </div>
  );
}
