import { describeVariables, type Variable } from '../src/config/variables';

/** Sections of the page. A variable is in the first one whose pattern matches its name. */
const GROUPS: readonly { title: string; names: RegExp; about?: string }[] = [
  {
    title: 'Access and signatures',
    names: /^(AUTH|HANDLE)_|^WEBHOOK_SIGNING_/,
    about:
      'All replicas need the same secrets. [access.md](access.md) describes them, and how to rotate them without downtime.',
  },
  {
    title: 'Where webhooks may go',
    names: /SSRF|^(BLOCKED|ALLOWED)_/,
    about:
      'Names have no port and no `*`: a domain in `BLOCKED_HOSTNAME_SUFFIXES` includes all names below it. ' +
      '[SECURITY.md](../SECURITY.md) has the reasons.',
  },
  {
    title: 'Database',
    names: /^(DATABASE|EMBEDDED|POOL|STATEMENT|SLOW_QUERY|CIRCUIT_BREAKER)_/,
    about: 'Sizing the pool, and PgBouncer: [operations.md](operations.md).',
  },
  { title: 'Starting tasks, and timeouts', names: /^(WORKER|DEAD_END)_/ },
  { title: 'Calls to receivers', names: /^WEBHOOK_/, about: '[receivers.md](receivers.md) describes the calls.' },
  { title: 'Limits of requests, and lists', names: /^(MAX|PAYLOAD|PAGINATION|BATCH)_/ },
  { title: 'Retention', names: /^RETENTION_/ },
  { title: 'Tracing', names: /^(TRACING|OTEL)_/ },
  { title: 'The service itself', names: /^/ },
];

/** Returns the text of docs/configuration.md. */
export function configurationPage(): string {
  const variables = describeVariables();
  const groupOf = ({ name }: Variable) => GROUPS.find(({ names }) => names.test(name));
  // The variables that everyone sets come first.
  const sections = [GROUPS[GROUPS.length - 1], ...GROUPS.slice(0, -1)].flatMap((group) => {
    const members = variables.filter((variable) => groupOf(variable) === group);
    if (members.length === 0) return [];
    const table = ['| Variable | Default | Values | Meaning |', '| --- | --- | --- | --- |', ...members.map(row)].join(
      '\n',
    );
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

All settings are environment variables, read once at the start. None is required to try the service.

- **A file \`.env\`** in the working directory is read too, unless \`NODE_ENV=production\`. The environment wins.
  [\`.env.example\`](../.env.example) has all variables to start from.
- **In production** set \`NODE_ENV=production\`, \`DATABASE_URL\`, \`HOST_URL\` and \`AUTH_TOKEN\`. With
  \`NODE_ENV=production\`, receivers inside your network have to be allowed.
- **An invalid value prevents the start**, with a line for each fault; so does a misspelt name. Secrets are not printed.
- **An empty variable** counts as not set. Switches are \`1\`, \`true\`, \`yes\`, \`on\`, or \`0\`, \`false\`, \`no\`, \`off\`. Numbers
  are integers without sign, unit or separators.`;
