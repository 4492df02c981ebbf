import { readFileSync } from 'node:fs';

/** A fenced block of a page. */
export interface Block {
  /** File and line, e.g. `README.md:16`. */
  readonly place: string;
  readonly language: string;
  readonly text: string;
  /** The file to write it to, as the sentence before says. */
  readonly file?: string;
  /** The expected output of a command: the `text` block right after it. */
  readonly answer?: string;
}

const FENCE = /^( *)```(\S*)\n([^]*?)^ *```$/gm;
const FILE = /`([\w-]+\.(?:m?js|json))`:\s*$/;

/** Returns the blocks of a page, in order. */
export function blocksOf(path: string): Block[] {
  const page = readFileSync(path, 'utf8');
  const found = [...page.matchAll(FENCE)].map((match) => {
    const [whole, indent, language, body] = match;
    const text = body.replace(new RegExp(`^${indent}`, 'gm'), '');
    return { from: match.index, to: match.index + whole.length, language, text };
  });
  return found.map(({ from, language, text }, i): Block => {
    const next = found[i + 1];
    const follows = next?.language === 'text' && page.slice(found[i].to, next.from).trim() === '';
    return {
      place: `${path}:${page.slice(0, from).split('\n').length}`,
      language,
      text,
      file: FILE.exec(page.slice(0, from))?.[1],
      answer: language === 'sh' && follows ? next.text : undefined,
    };
  });
}

/** Returns the commands of a block, one a line, without comments. */
export const commandsOf = ({ text }: Block): string[] =>
  text
    .split('\n')
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter(Boolean);

/** Returns the addresses of the service in the prose of a page. */
export const addressesOf = (path: string): string[] =>
  [...readFileSync(path, 'utf8').matchAll(/<(http:\/\/localhost:8085[^>]*)>/g)].map(([, address]) => address);

/** Expects the output that the page shows; `…` matches anything, and white space does not count. */
export function expectAnswer(output: string, answer: string): void {
  const bare = (text: string) => text.replace(/\s+/g, '');
  const pattern = bare(answer)
    .split('…')
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
  expect(bare(output)).toMatch(new RegExp(pattern));
}
