import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { sentenceOf } from '../api/client';
import { go } from '../state/router';
import { find } from './find';

/** Finds anything by its id or name, and goes there. */
export function FindBox() {
  const [text, setText] = useState('');
  const { mutate, reset, isPending, error } = useMutation({
    mutationFn: find,
    onSuccess: (address) => {
      setText('');
      go(address);
    },
  });
  return (
    <form
      className="find"
      role="search"
      aria-label="Find anything"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim()) mutate(text.trim());
      }}
    >
      <input
        type="search"
        aria-label="Find by ID, schedule or text"
        placeholder="Find any ID, schedule or batch…"
        aria-busy={isPending}
        value={text}
        onChange={({ target }) => {
          setText(target.value);
          reset();
        }}
      />
      {error && (
        <p className="find-error" role="alert">
          {sentenceOf(error)}
        </p>
      )}
    </form>
  );
}
