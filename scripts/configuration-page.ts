import { describeVariables, type Variable } from '../src/config/variables';

/** Under which heading a variable stands: the first whose pattern its name matches. The last one takes what is left. */
const GROUPS: readonly { title: string; names: RegExp; about?: string }[] = [
  {
    title: 'Access and signatures',
    names: /^(AUTH|HANDLE)_|^WEBHOOK_SIGNING_/,
    about:
      'All replicas need the same secrets. [access.md](access.md) says what they do, and how to replace one without an ' +
      'interruption.',
  },
  {
    title: 'Where webhooks may go',
    names: /SSRF|^(BLOCKED|ALLOWED)_/,
    about:
      'Names are those of URLs, without port and without `*`: a domain of `BLOCKED_HOSTNAME_SUFFIXES` stands for all names ' +
      'below it. [SECURITY.md](../SECURITY.md) has the reasons.',
  },
  {
    title: 'Database',
    names: /^(DATABASE|EMBEDDED|POOL|STATEMENT|SLOW_QUERY|CIRCUIT_BREAKER)_/,
    about: 'How many connections to have, and PgBouncer: [operations.md](operations.md).',
  },
  { title: 'Starting tasks, and timeouts', names: /^(WORKER|DEAD_END)_/ },
  { title: 'Calls to receivers', names: /^WEBHOOK_/, about: 'What they look like: [receivers.md](receivers.md).' },
  { title: 'Limits of requests, and lists', names: /^(MAX|PAYLOAD|PAGINATION|BATCH)_/ },
  { title: 'Retention', names: /^RETENTION_/ },
  { title: 'Tracing', names: /^(TRACING|OTEL)_/ },
  { title: 'The service itself', names: /^/ },
];

/** docs/configuration.md. */
export function configurationPage(): string {
  const variables = describeVariables();
  const groupOf = ({ name }: Variable) => GROUPS.find(({ names }) => names.test(name));
  // What everyone sets comes first.
  const sections = [GROUPS[GROUPS.length - 1], ...GROUPS.slice(0, -1)].flatMap((group) => {
    const members = variables.filter((variable) => groupOf(variable) === group);
    if (members.length === 0) return [];
    const table = [
      '| Variable | Default, or what holds without it | Values | Meaning |',
      '| --- | --- | --- | --- |',
      ...members.map(row),
    ].join('\n');
    return [`## ${group.title}`, ...(group.about ? [group.about] : []), table];
  });
  return [HEAD, ...sections].join('\n\n') + '\n';
}

function row({ name, description, unit, range, fallback, default: value }: Variable): string {
  const values = [unit, range?.map(readable).join(' to ')].filter(Boolean).join(', ');
  const unset = value ? `\`${value}\`` : (fallback ?? 'none');
  const meaning = description.replace(/docs\/([\w-]+\.md)/g, '[$1]($1)');
  return `| ${[`\`${name}\``, unset, values || 'text', meaning].map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

const readable = (value: number): string => value.toLocaleString('en-US');

const HEAD = `<!-- Written by \`npm run artefacts\` from src/config/variables.ts: change that file, not this one. -->

# Configuration

Everything is set by environment variables, which are read once, at the start. None has to be set to try the service out.

- **A file \`.env\`** in the working directory is read too, unless \`NODE_ENV=production\`. The environment wins.
  [\`.env.example\`](../.env.example) has all variables to start from.
- **In production** set \`NODE_ENV=production\`, \`DATABASE_URL\`, \`HOST_URL\` and \`AUTH_TOKEN\`. With
  \`NODE_ENV=production\`, receivers inside your network have to be allowed.
- **A wrong value stops the start**, with a line for each fault, and so does a name that looks like a misspelt one of these.
  Values of secrets are not repeated.
- **An empty variable** is one that is not set. Switches are \`1\`, \`true\`, \`yes\`, \`on\`, or \`0\`, \`false\`, \`no\`, \`off\`. Numbers
  are whole, without sign, unit or separators.`;
