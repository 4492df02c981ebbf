import { inBrackets, isAddressOrCidr, isHostName, isHostOrDomain, withoutWildcard } from '../hosts';
import { isSigningSecret, isToken } from '../secrets';
import { listOf, optionalSwitch, secretsOf, whole } from './forms';

export const access = {
  title: 'Access and signatures',
  about:
    'All replicas need the same secrets. [access.md](access.md) describes them, and how to rotate them without downtime.',
  variables: {
    AUTH_TOKEN: secretsOf(
      {
        items: 'tokens (plain or name:token) of at least 16 visible ASCII characters',
        isOne: isToken,
        fallback: 'no authentication: everyone who reaches the port may do everything',
      },
      'Tokens; every request except the probes must carry one. Set several to rotate them (docs/access.md).',
    ),
    AUTH_TOKEN_READ: secretsOf(
      {
        items: 'tokens (plain or name:token) of at least 16 visible ASCII characters',
        isOne: isToken,
        fallback: 'no read-only tokens',
      },
      'Tokens that allow only reading. They need AUTH_TOKEN to be set as well.',
    ),
    HANDLE_SECRET: secretsOf(
      {
        items: 'secrets of at least 16 visible ASCII characters',
        isOne: isToken,
        fallback: 'the values of AUTH_TOKEN',
      },
      'Secrets that sign the tokens in callback URLs if AUTH_TOKEN is set. The first signs, all are accepted.',
    ),
    HANDLE_TOKEN_TTL_SECS: whole(
      60,
      3_153_600_000,
      2_592_000,
      'seconds',
      'How long a callback URL is valid if AUTH_TOKEN is set. Choose more than any task takes.',
    ),
    WEBHOOK_SIGNING_SECRET: secretsOf(
      {
        items: 'secrets like whsec_{base64 of 24 to 64 bytes}',
        isOne: isSigningSecret,
        fallback: 'webhooks are not signed',
      },
      'Secrets that sign webhooks as in the Standard Webhooks specification, one signature each.',
    ),
  },
};

const HOSTS = { items: 'host names, IP addresses or domains like .a.example', isOne: isHostOrDomain };

export const destinations = {
  title: 'Where webhooks may go',
  about:
    'Write host names as in URLs, without port and without `*`. A domain in `BLOCKED_HOSTNAME_SUFFIXES` includes all of its ' +
    'subdomains. [SECURITY.md](../SECURITY.md) gives the reasons.',
  variables: {
    SKIP_SSRF_VALIDATION: optionalSwitch(
      'Send webhooks to any host, including private and internal ones.',
      '1, or 0 with NODE_ENV=production',
    ),
    BLOCKED_HOSTNAMES: listOf(
      { ...HOSTS, trimmed: inBrackets },
      'Hosts to refuse besides private and internal ones; a leading dot includes all subdomains.',
    ),
    BLOCKED_HOSTNAME_SUFFIXES: listOf(
      { items: 'domains', isOne: isHostName, trimmed: withoutWildcard },
      'Domains to refuse with all of their subdomains.',
    ),
    ALLOWED_HOSTNAMES: listOf(
      { ...HOSTS, trimmed: inBrackets },
      'Hosts to allow whatever they resolve to; a leading dot includes all subdomains.',
    ),
    ALLOWED_CIDRS: listOf(
      { items: 'addresses or ranges like 10.1.0.0/16', isOne: isAddressOrCidr },
      'Private addresses to allow.',
    ),
  },
};
