import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Dialog } from '../parts/dialog';
import { ErrorNotice } from '../parts/notice';
import { signIn } from '../state/session';

/**
 * Asks for a token, above everything: also above the dialog of an action, which goes on afterwards.
 * @param isAgain the person was signed in before.
 */
export function SignInDialog({ isAgain }: { isAgain: boolean }) {
  const [token, setToken] = useState('');
  const { mutate, isPending, error } = useMutation({ mutationFn: signIn });
  return (
    <Dialog title="Sign in">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          mutate(token.trim());
        }}
      >
        <p>
          {isAgain
            ? 'Your session has ended. Sign in again to continue where you were.'
            : 'This service requires a token.'}
        </p>
        {error && <ErrorNotice error={error} />}
        <label>
          Token
          <input
            type="password"
            autoComplete="current-password"
            autoFocus
            required
            value={token}
            onChange={({ target }) => setToken(target.value)}
          />
        </label>
        <p className="quiet">
          A token from AUTH_TOKEN, or from AUTH_TOKEN_READ to read only. You stay signed in, in all tabs, for twelve
          hours or until the browser is closed.
        </p>
        <div className="buttons end">
          <button type="submit" className="primary" disabled={isPending}>
            {isPending ? 'Signing in…' : 'Sign in'}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
