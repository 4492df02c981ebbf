import { useState } from 'react';
import { send } from '../api/client';
import type { ScheduleSummary } from '../api/types';
import { ActionButton } from '../parts/action-button';
import { Confirm } from '../parts/confirm';
import { go } from '../state/router';

const pathOf = (name: string, action = ''): string => `/schedule/${encodeURIComponent(name)}${action}`;

const ACTIONS = {
  run: {
    title: 'Run schedule now',
    text: 'Its batch will be created now, in addition to the due times. Its overlap setting applies.',
    action: 'Run now',
    call: (name: string) => send('POST', pathOf(name, '/run')),
  },
  pause: {
    title: 'Pause schedule',
    text: 'Nothing will be due until it is resumed. Existing batches continue.',
    action: 'Pause schedule',
    call: (name: string) => send('POST', pathOf(name, '/pause')),
  },
  resume: {
    title: 'Resume schedule',
    text: 'It will continue with its next due time. Due times during the pause are not fired.',
    action: 'Resume schedule',
    call: (name: string) => send('POST', pathOf(name, '/resume')),
  },
  remove: {
    title: 'Delete schedule',
    text: 'The schedule and the records of its firings will be removed; its batches stay. This cannot be undone.',
    action: 'Delete schedule',
    call: (name: string) => send('DELETE', pathOf(name)),
  },
} as const;

export function ScheduleActions({ schedule: { name, paused } }: { schedule: ScheduleSummary }) {
  const [asking, setAsking] = useState<keyof typeof ACTIONS>();
  const asked = asking && ACTIONS[asking];
  const button = (action: keyof typeof ACTIONS, words: string) => (
    <ActionButton aria-label={`${words} ${name}`} onClick={() => setAsking(action)}>
      {words}
    </ActionButton>
  );
  return (
    <div className="buttons">
      {button('run', 'Run now…')}
      {paused ? button('resume', 'Resume…') : button('pause', 'Pause…')}
      {button('remove', 'Delete…')}
      {asked && (
        <Confirm
          title={asked.title}
          action={asked.action}
          isDangerous={asking === 'remove'}
          onClose={() => setAsking(undefined)}
          onConfirm={async () => {
            await asked.call(name);
            if (asking === 'remove') go({ show: 'schedules' });
          }}
        >
          <p>
            <strong>{name}</strong>
          </p>
          <p>{asked.text}</p>
        </Confirm>
      )}
    </div>
  );
}
