import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { description, license, version } from '../../package.json';
import { describeAccess } from './api-access';
import { describeHandling } from './api-handling';
import { withPublicNames } from './api-names';
import { describeWebhooks } from './api-webhooks';

export const EXPLORER_PATH = 'swagger-ui';
const DOCUMENT_PATH = 'api-docs/openapi.json';

const INTRODUCTION = `${description}

A client posts a batch of tasks. Hookline calls the \`on_start\` webhook of each task when its dependencies and rules allow it.
The call has a callback URL, the query parameter \`handle\`. The receiver reports progress and the result to that URL.`;

/** Returns the OpenAPI 3.1 document of the application. */
export function buildDocument(app: INestApplication): OpenAPIObject {
  const frame = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Hookline')
    .setDescription(INTRODUCTION)
    .setVersion(version)
    .setLicense(license, `https://spdx.org/licenses/${license}.html`)
    .addServer('/')
    .addTag('Tasks', 'Create, query and report on tasks.')
    .addTag('Batches', 'Tasks created together: graphs, statistics, and stopping them.')
    .addTag('Schedules', 'Batches created at times given by a cron expression.')
    .addTag('Webhooks', 'Deliveries of webhooks, and their replay.')
    .addTag('Live', 'Changes as server-sent events.')
    .addTag('Page', 'The page for people.')
    .addTag('Access', 'Signing in at the page, and who changed what.')
    .addTag('Health', 'For load balancers, orchestrators and monitoring.')
    .build();
  const document = SwaggerModule.createDocument(app, frame, {
    operationIdFactory: operationId,
    // The name of a controller is no tag.
    autoTagControllers: false,
  });
  describeAccess(document);
  describeHandling(document);
  return withPublicNames(describeWebhooks(document));
}

/** Serves the document and its explorer, which sends requests below `basePath`. */
export function serveOpenApi(app: INestApplication, basePath: string): void {
  const servers = basePath ? { servers: [{ url: basePath }] } : {};
  SwaggerModule.setup(EXPLORER_PATH, app, () => ({ ...buildDocument(app), ...servers }), {
    jsonDocumentUrl: DOCUMENT_PATH,
    raw: ['json'],
    customSiteTitle: 'Hookline API',
  });
}

/** Turns `TaskController.create` into `taskCreate`, which `withPublicNames` turns into `createTasks`. */
function operationId(controller: string, method: string): string {
  const subject = controller.replace(/Controller$/, '');
  return subject[0].toLowerCase() + subject.slice(1) + method[0].toUpperCase() + method.slice(1);
}
