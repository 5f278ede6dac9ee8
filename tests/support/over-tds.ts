import { jest } from '@jest/globals';
import { TEST_MS } from '../store/support/open-sqlserver.ts';

// Runs ahead of each suite that is repeated over TDS: a world is slower to start there.
jest.setTimeout(2 * TEST_MS);
