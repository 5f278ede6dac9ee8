const common = {
  testEnvironment: 'node',
  roots: ['<rootDir>/tests'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/tests/support/strip-types.cjs' },
};

/** Everything; what has no need of a store of its own runs on the embedded one. */
const main = { ...common, testMatch: ['**/*.test.ts'], testTimeout: 20_000 };

/** The end-to-end suite once more, over TDS: only where a server is given for it. */
const overTds = {
  ...common,
  displayName: 'SQL Server',
  testMatch: ['<rootDir>/tests/e2e/**/*.test.ts'],
  globals: { COUNTERSIGN_E2E_STORE: 'sqlserver' },
  testTimeout: 120_000,
};

const given = process.env.COUNTERSIGN_TEST_SQLSERVER;
export default given ? { maxWorkers: 2, projects: [main, overTds] } : { maxWorkers: 2, ...main };
