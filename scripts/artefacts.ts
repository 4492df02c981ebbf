/** Writes the generated files. With `--check`, fails and names those that do not match the code. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { OpenAPIObject } from '@nestjs/swagger';
import { AppModule } from '../src/app.module';
import { loadConfig } from '../src/config/load';
import { describeGroups, type Variable } from '../src/config/variables';
import { ServiceAdapter } from '../src/http/adapter';
import { buildDocument } from '../src/http/openapi';
import { clientTypes } from './client-types';
import { configurationPage } from './configuration-page';
import { stateMachine } from './state-machine';
import { undescribed } from './undescribed';

/** The project's folder: this runs in dist/scripts. */
const ROOT = resolve(__dirname, '../..');

function environmentExample(): string {
  const head = '# All variables that the service reads. A commented-out variable has the value shown.\n';
  const groups = describeGroups().flatMap(({ title, variables }) => [`### ${title}\n`, ...variables.map(entry)]);
  return [head, ...groups].join('\n');
}

function entry({ name, description, unit, fallback, default: value }: Variable): string {
  const remarks = [unit && `Unit: ${unit}.`, fallback && `If unset: ${fallback}.`].filter(Boolean).join(' ');
  return [`# ${description}`, ...(remarks ? [`# ${remarks}`] : []), `# ${name}=${value ?? ''}`, ''].join('\n');
}

async function openApi(): Promise<OpenAPIObject> {
  const config = loadConfig({});
  // A preview has all routes but creates no providers, some of which need a database.
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.forRoot(config),
    new ServiceAdapter(config.limits),
    {
      logger: ['error'],
      abortOnError: false,
      preview: true,
    },
  );
  return buildDocument(app);
}

async function main(): Promise<void> {
  const isCheck = process.argv.includes('--check');
  const document = await openApi();
  for (const place of undescribed(document)) {
    console.error(`openapi.json: no description for ${place}`);
    process.exitCode = 1;
  }
  const artefacts = {
    '.env.example': environmentExample(),
    'openapi.json': JSON.stringify(document, null, 2) + '\n',
    'clients/typescript/src/schema.ts': await clientTypes(document),
    'docs/configuration.md': configurationPage(),
    'docs/state-machine.md': stateMachine(),
  };
  for (const [name, content] of Object.entries(artefacts)) {
    const path = join(ROOT, name);
    if (!isCheck) {
      writeFileSync(path, content);
    } else if (current(path) !== content) {
      console.error(`${name} does not match the code; run: npm run artefacts`);
      process.exitCode = 1;
    }
  }
}

function current(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

void main();
