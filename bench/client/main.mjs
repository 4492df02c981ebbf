// The client: a process of its own that makes the load.
import { now } from '../lib/clock.mjs';
import { serve } from '../lib/serve.mjs';
import { creation } from './creation.mjs';
import { Service } from './http.mjs';
import { reports } from './reports.mjs';

const aim = { services: [], receiver: undefined };

serve({
  /** Where the load goes, and where the tasks' webhooks lead. */
  aim({ urls, receiver }) {
    Object.assign(aim, { services: urls.map((url) => new Service(url)), receiver });
  },

  get: ({ path }) => aim.services[0].get(path),

  /** How long the page takes, each time, in ms. */
  async page({ path, times }) {
    const took = [];
    for (let i = 0; i < times; i++) {
      const begun = now();
      await aim.services[0].ask('GET', path);
      took.push(now() - begun);
    }
    return took;
  },

  ...creation(aim),
  ...reports(aim),
});
