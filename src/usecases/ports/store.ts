import type { AuditStore } from './audit-store.ts';
import type { CardStore } from './card-store.ts';
import type { ErasureStore } from './erasure-store.ts';
import type { Housekeeping } from './housekeeping.ts';
import type { JobAdminStore } from './job-admin-store.ts';
import type { JobStore } from './job-store.ts';
import type { KeyRotationStore, KeyStore } from './key-store.ts';
import type { LeaseStore } from './lease-store.ts';
import type { PersonKeyStore } from './person-keys.ts';
import type { RequestStore } from './request-store.ts';
import type { SessionStore } from './session-store.ts';
import type { SignInStore } from './sign-in-store.ts';

/** Everything that an engine offers. */
export interface Store
  extends
    RequestStore,
    CardStore,
    JobStore,
    JobAdminStore,
    AuditStore,
    SignInStore,
    SessionStore,
    KeyStore,
    KeyRotationStore,
    PersonKeyStore,
    ErasureStore,
    LeaseStore,
    Housekeeping {}
