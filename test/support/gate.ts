/** A promise, `opened`, that resolves when a test calls `open`. */
export class Gate {
  open: () => void;
  readonly opened = new Promise<void>((resolve) => (this.open = resolve));
}
