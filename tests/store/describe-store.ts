import { afterEach, beforeEach, describe } from '@jest/globals';
import type { Store } from '../../src/usecases/ports/store.ts';
import { auditTests } from './conformance/audit.ts';
import { cardTests } from './conformance/cards.ts';
import { onceKeyTests } from './conformance/once-keys.ts';
import { concurrencyTests } from './conformance/concurrency.ts';
import { housekeepingTests } from './conformance/housekeeping.ts';
import { jobLeaseTests } from './conformance/job-leases.ts';
import { jobTests } from './conformance/jobs.ts';
import { keyTests } from './conformance/keys.ts';
import { leaseTests } from './conformance/leases.ts';
import { listTests } from './conformance/lists.ts';
import { peopleTests } from './conformance/people.ts';
import { requestTests } from './conformance/requests.ts';
import { sessionTests } from './conformance/sessions.ts';
import { signInTests } from './conformance/sign-in.ts';

/** An empty store of some engine, for one test. */
export interface OpenedStore {
  readonly store: Store;
  /** Another store on the same data: a second replica, or the same one after a restart. */
  reopen(): Promise<Store>;
  /** The clock that the store was given; it stands still until it is set. */
  readonly clock: { now(): number; set(ms: number): void };
  /** Closes every store that was opened and forgets the data. */
  cleanup(): Promise<void>;
}

/** Gives the store of the running test. */
export type Given = () => OpenedStore;

/** What every engine must do, sentence by sentence of the port. */
export function describeStore(name: string, open: () => Promise<OpenedStore>): void {
  describe(`store on ${name}`, () => {
    let opened: OpenedStore;
    beforeEach(async () => {
      opened = await open();
    });
    afterEach(() => opened.cleanup());
    const given: Given = () => opened;

    describe('requests', () => requestTests(given));
    describe('lists of requests', () => listTests(given));
    describe('once-keys and change ids', () => onceKeyTests(given));
    describe('commits at once', () => concurrencyTests(given));
    describe('jobs', () => jobTests(given));
    describe('leasing jobs', () => jobLeaseTests(given));
    describe('cards and conversations', () => cardTests(given));
    describe('people', () => peopleTests(given));
    describe('audit log', () => auditTests(given));
    describe('sign-in', () => signInTests(given));
    describe('sessions', () => sessionTests(given));
    describe('keys', () => keyTests(given));
    describe('leases', () => leaseTests(given));
    describe('housekeeping', () => housekeepingTests(given));
  });
}
