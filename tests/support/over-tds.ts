import { jest } from '@jest/globals';
import { TEST_MS } from '../store/support/open-sqlserver.ts';

// Runs before each suite that is repeated over TDS, where the start is slower.
jest.setTimeout(2 * TEST_MS);
