import { Pool } from 'undici';

const JSON_HEADERS = { 'content-type': 'application/json' };

/** The client's connections to one service. */
export class Service {
  constructor(url) {
    this.pool = new Pool(url, { connections: 64 });
  }

  /** Sends a request and reads the whole answer; anything but the wanted status is an error. */
  async ask(method, path, body, wanted = 200) {
    const headers = body === undefined ? {} : JSON_HEADERS;
    const answer = await this.pool.request({ method, path, headers, body });
    const text = await answer.body.text();
    if (answer.statusCode !== wanted)
      throw new Error(`${method} ${path} was answered ${answer.statusCode}: ${text.slice(0, 300)}`);
    return { text, headers: answer.headers };
  }

  async get(path) {
    return JSON.parse((await this.ask('GET', path)).text);
  }

  /** Creates tasks from a body made before, so that making it is not measured. Answers the id of the batch. */
  async create(body) {
    const { headers } = await this.ask('POST', '/task', body, 201);
    return headers['x-batch-id'];
  }
}
