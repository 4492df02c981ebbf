/** Takes down what global-setup.ts has put up. */
export default async function globalTeardown(): Promise<void> {
  await globalThis.removeTestServer();
}
