import { afterEach, beforeEach, describe } from '@jest/globals';
import type { Store } from '../../src/usecases/ports/store.ts';
import { auditTests } from './conformance/audit.ts';
import { cardTests } from './conformance/cards.ts';
import { onceKeyTests } from './conformance/once-keys.ts';
import { concurrencyTests } from './conformance/concurrency.ts';
import { erasureTests } from './conformance/erasure.ts';
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

/** An empty store of one engine, for one test. */
export interface OpenedStore {
  readonly store: Store;
  /** Another store on the same data: a second replica, or the first one after a restart. */
  reopen(): Promise<Store>;
  /** The clock of the store; it stands still until it is set. */
  readonly clock: { now(): number; set(ms: number): void };
  /** Closes all opened stores and deletes the data. */
  cleanup(): Promise<void>;
}

/** Returns the store of the running test. */
export type Given = () => OpenedStore;

/** The conformance suite that every engine must pass, by the sentences of the port. */
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
    describe('concurrent commits', () => concurrencyTests(given));
    describe('jobs', () => jobTests(given));
    describe('leasing jobs', () => jobLeaseTests(given));
    describe('cards and conversations', () => cardTests(given));
    describe('people', () => peopleTests(given));
    describe('audit log', () => auditTests(given));
    describe('sign-in', () => signInTests(given));
    describe('sessions', () => sessionTests(given));
    describe('keys', () => keyTests(given));
    describe('leases', () => leaseTests(given));
    describe('keys of people and erasure', () => erasureTests(given));
    describe('housekeeping', () => housekeepingTests(given));
  });
}
