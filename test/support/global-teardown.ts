/** Removes the server or template of global-setup.ts. */
export default async function globalTeardown(): Promise<void> {
  await globalThis.removeTestServer();
}
