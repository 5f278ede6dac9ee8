const common = {
  testEnvironment: 'node',
  roots: ['<rootDir>/tests'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/tests/support/strip-types.cjs' },
};

/** Everything; what needs a store of any kind runs on the embedded one. */
const main = { ...common, displayName: 'SQLite', testMatch: ['**/*.test.ts'] };

/** The end-to-end suite once more, over TDS: only where a server is given for it. */
const overTds = {
  ...common,
  displayName: 'SQL Server',
  testMatch: ['<rootDir>/tests/e2e/**/*.test.ts'],
  globals: { COUNTERSIGN_E2E_STORE: 'sqlserver' },
  setupFilesAfterEnv: ['<rootDir>/tests/support/over-tds.ts'],
};

const given = process.env.COUNTERSIGN_TEST_SQLSERVER;
// A limit only for what hangs: tests wait for conditions, and the machine may be busy.
const limits = { testTimeout: 120_000, maxWorkers: 2 };
export default given ? { ...limits, projects: [main, overTds] } : { ...limits, ...main };
