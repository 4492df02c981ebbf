import { useState } from 'react';
import { token } from './api/token';

/** Asks for the token of a guarded service. What is behind it starts anew when it is given. */
export function TokenDialog() {
  const [value, setValue] = useState('');
  const wasRefused = token.wasGiven();
  return (
    <main className="token">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          token.give(value.trim());
        }}
      >
        <h1>This service asks for a token</h1>
        {wasRefused && (
          <p className="notice error" role="alert">
            The service did not accept that token.
          </p>
        )}
        <label>
          Token
          <input
            type="password"
            autoComplete="off"
            autoFocus
            required
            value={value}
            onChange={(event) => setValue(event.target.value)}
          />
        </label>
        <p className="quiet">It is one of those in AUTH_TOKEN, and is kept until this tab is closed.</p>
        <button type="submit" className="primary">
          Go on
        </button>
      </form>
    </main>
  );
}
