import { useState } from 'react';
import { token } from './api/token';

/** Asks for the access token. The page reloads its data when the token is given. */
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
        <h1>This service requires a token</h1>
        {wasRefused && (
          <p className="notice error" role="alert">
            The token was not accepted.
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
        <p className="quiet">Enter one of the tokens in AUTH_TOKEN. It is kept until you close this tab.</p>
        <button type="submit" className="primary">
          Continue
        </button>
      </form>
    </main>
  );
}
