import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { description, version } from '../../package.json';
import { describeAccess } from './api-access';

export const EXPLORER_PATH = 'swagger-ui';
const DOCUMENT_PATH = 'api-docs/openapi.json';

const INTRODUCTION = `${description}

A client posts a batch of tasks. Hookline calls the \`on_start\` webhook of each when its dependencies and rules allow it, and
hands it a callback URL (the \`handle\` query parameter). Whoever does the work reports progress and the result there.`;

/** Describes every endpoint of the application as OpenAPI 3.1, in an order that does not depend on imports. */
export function buildDocument(app: INestApplication): OpenAPIObject {
  const frame = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Hookline')
    .setDescription(INTRODUCTION)
    .setVersion(version)
    .addTag('Tasks', 'Create tasks, follow them, report on them.')
    .addTag('Batches', 'What was created together: its graph, its statistics, its end.')
    .addTag('Webhooks', 'What was sent to whom, and what became of it.')
    .addTag('Live', 'What changes, as it changes.')
    .addTag('Page', 'For people, with a browser.')
    .addTag('Health', 'For load balancers, orchestrators and people.')
    .build();
  const document = SwaggerModule.createDocument(app, frame, { operationIdFactory: operationId });
  describeAccess(document);
  return {
    ...document,
    paths: sorted(document.paths),
    components: { ...document.components, schemas: sorted(document.components?.schemas ?? {}) },
  };
}

/** Serves the document, and the explorer that shows it and sends requests below `basePath`. */
export function serveOpenApi(app: INestApplication, basePath: string): void {
  const servers = basePath ? { servers: [{ url: basePath }] } : {};
  SwaggerModule.setup(EXPLORER_PATH, app, () => ({ ...buildDocument(app), ...servers }), {
    jsonDocumentUrl: DOCUMENT_PATH,
    raw: ['json'],
    customSiteTitle: 'Hookline API',
  });
}

/** `TaskController.create` becomes `taskCreate`, which reads well as a function of a generated client. */
function operationId(controller: string, method: string): string {
  const subject = controller.replace(/Controller$/, '');
  return subject[0].toLowerCase() + subject.slice(1) + method[0].toUpperCase() + method.slice(1);
}

function sorted<T>(map: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}
