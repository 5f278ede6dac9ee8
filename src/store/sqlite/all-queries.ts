import * as audit from './queries/audit.ts';
import * as cards from './queries/cards.ts';
import * as changes from './queries/changes.ts';
import * as housekeeping from './queries/housekeeping.ts';
import * as jobs from './queries/jobs.ts';
import * as keys from './queries/keys.ts';
import * as leases from './queries/leases.ts';
import * as people from './queries/people.ts';
import * as personKeys from './queries/person-keys.ts';
import * as readers from './queries/readers.ts';
import * as requests from './queries/requests.ts';
import * as sessions from './queries/sessions.ts';
import * as signIn from './queries/sign-in.ts';

/** The statements by name, for the methods that both engines share. */
export const ALL_QUERIES = {
  ...audit,
  ...cards,
  ...changes,
  ...housekeeping,
  ...jobs,
  ...keys,
  ...leases,
  ...people,
  ...personKeys,
  ...readers,
  ...requests,
  ...sessions,
  ...signIn,
};
