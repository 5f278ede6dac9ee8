import { describeStore } from './describe-store.ts';
import { openSqlite } from './open-sqlite.ts';

describeStore('SQLite', openSqlite);
