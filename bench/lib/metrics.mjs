/** The samples of a service's /metrics: `name{labels}` to number. */
async function samples(url) {
  const answer = await fetch(`${url}/metrics`);
  if (!answer.ok) return [];
  const lines = (await answer.text()).split('\n').filter((line) => line && !line.startsWith('#'));
  return lines.map((line) => {
    const space = line.lastIndexOf(' ');
    return [line.slice(0, space), Number(line.slice(space + 1))];
  });
}

/** Sum, over all replicas, of the samples of a metric whose labels fit. */
export async function total(urls, metric, labels = /./) {
  let sum = 0;
  for (const url of urls)
    for (const [name, value] of await samples(url)) {
      const [, family, rest] = /^([^{]+)(.*)$/.exec(name);
      if (family === metric && (rest === '' || labels.test(rest))) sum += value;
    }
  return sum;
}

/** Time that statements took so far, in ms, as the service saw it: waiting for its own event loop included. */
export const databaseMs = async (urls, labels) =>
  1000 * (await total(urls, 'hookline_query_duration_seconds_sum', labels));

/** Statements run so far. */
export const statements = (urls, labels) => total(urls, 'hookline_query_duration_seconds_count', labels);
