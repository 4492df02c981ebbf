/** Holds up whoever waits for `opened`, until a test calls `open`. */
export class Gate {
  open: () => void;
  readonly opened = new Promise<void>((resolve) => (this.open = resolve));
}
