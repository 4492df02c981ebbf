import { isIP } from 'node:net';
import { z } from 'zod';
import { isBase } from '../hosts';
import { type Documentation, listOf, whole } from './forms';

const LOG_LEVELS = ['error', 'warn', 'info', 'debug', 'trace'] as const;

export const service = {
  title: 'The service itself',
  variables: {
    HOST_URL: z
      .string()
      .refine(isBase, 'must be an http or https URL without credentials, query or fragment')
      .transform((value) => value.replace(/\/+$/, ''))
      .optional()
      .meta({
        description: 'Base URL under which receivers reach this service; callback URLs start with it.',
        fallback: 'http://localhost:{PORT}',
      } satisfies Documentation),
    PORT: whole(1, 65_535, 8085, 'TCP port', 'Port on which the service listens.'),
    LISTEN_ADDRESS: listOf(
      {
        items: 'IP addresses',
        isOne: (item) => isIP(item) !== 0,
        fallback: '`::`, or only 127.0.0.1 and ::1 if AUTH_TOKEN is unset and NODE_ENV is not production',
      },
      'Addresses on which the service listens: `::` is every address, `0.0.0.0` every IPv4 address.',
    ),
    LOG_LEVEL: z
      .string()
      .toLowerCase()
      .pipe(z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`))
      .default('info')
      .meta({ description: `Least severe level to log: ${LOG_LEVELS.join(', ')}.` } satisfies Documentation),
  },
};
