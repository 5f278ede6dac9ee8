import { TRANSFER_TABLES } from '../../../src/store/transfer.ts';
import type {
  TransferCounts,
  TransferRow,
  TransferSource,
  TransferStep,
  TransferTable,
  TransferTarget,
} from '../../../src/store/transfer.ts';

/** A target in memory that fulfils the port, and whose connection breaks as a test wants. */
export interface MemoryTarget extends TransferTarget {
  readonly tables: Record<TransferTable, TransferRow[]>;
  /** The number of rows of each written page. */
  readonly pages: number[];
  /** Characters of the largest page. */
  largest: number;
  /** The connection breaks once after this many pages. */
  breakAfter(pages: number): void;
  /** Writes each page, loses its answer and sends the page again. */
  loseAnswers(): void;
}

/** An empty target. */
export function memoryTarget(): MemoryTarget {
  const steps = new Map<string, TransferStep>();
  let breakAt = Number.POSITIVE_INFINITY;
  let losing = false;
  const target: MemoryTarget = {
    tables: Object.fromEntries(TRANSFER_TABLES.map((table) => [table, []])) as unknown as Record<
      TransferTable,
      TransferRow[]
    >,
    pages: [],
    largest: 0,
    audit: undefined as unknown as TransferSource['audit'],
    breakAfter(pages) {
      breakAt = target.pages.length + pages;
    },
    loseAnswers() {
      losing = true;
    },
    async begin(source, wanted) {
      const empty =
        steps.size === 0 && TRANSFER_TABLES.every((table) => target.tables[table].length === 0);
      if (empty) {
        for (const { step, position } of wanted) {
          steps.set(step, { step, source, position, copied: 0, finishedAt: null });
        }
      }
      return { empty, steps: [...steps.values()] };
    },
    async write(table, rows, { source, copied, position }) {
      const step = steps.get(table);
      if (target.pages.length >= breakAt) throw new Error('the line broke');
      if (step?.source !== source || step.copied !== copied || step.finishedAt !== null) {
        return false;
      }
      steps.set(table, { ...step, position, copied: copied + rows.length });
      target.tables[table].push(...rows);
      target.pages.push(rows.length);
      target.largest = Math.max(target.largest, JSON.stringify(rows).length);
      return !losing;
    },
    async finish(step, { now }) {
      const found = steps.get(step);
      if (found) steps.set(step, { ...found, finishedAt: now });
    },
    steps: async () => [...steps.values()],
    counts: async () =>
      Object.fromEntries(
        TRANSFER_TABLES.map((table) => [table, target.tables[table].length]),
      ) as TransferCounts,
    close: async () => undefined,
  };
  return target;
}
